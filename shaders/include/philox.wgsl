// The 64-bit product of two words, from 16-bit halves: (high, low).
fn multiply(a: u32, b: u32) -> vec2<u32> {
    let a0 = a & 0xffffu;
    let a1 = a >> 16u;
    let b0 = b & 0xffffu;
    let b1 = b >> 16u;
    let p00 = a0 * b0;
    let p01 = a0 * b1;
    let p10 = a1 * b0;
    let middle = (p00 >> 16u) + (p01 & 0xffffu) + (p10 & 0xffffu);
    return vec2<u32>(a1 * b1 + (p01 >> 16u) + (p10 >> 16u) + (middle >> 16u), a * b);
}

// Philox4x32-10 with the counter (block, step, stream, 0): the kernel's uniforms are its key and stream.
fn philox(block: u32, step: u32) -> vec4<u32> {
    var c = vec4<u32>(block, step, params.stream, 0u);
    var k = vec2<u32>(params.key0, params.key1);
    for (var round = 0u; round < 10u; round++) {
        let p0 = multiply(0xD2511F53u, c.x);
        let p1 = multiply(0xCD9E8D57u, c.z);
        c = vec4<u32>(p1.x ^ c.y ^ k.x, p1.y, p0.x ^ c.w ^ k.y, p0.y);
        k += vec2<u32>(0x9E3779B9u, 0xBB67AE85u);
    }
    return c;
}
