//! Noise and PSNR.

use optimal_eye_surgeon::picture::{Picture, add_noise, mse, psnr, psnr_of_mse};

use crate::make;

fn flat(value: f32, side: usize) -> Picture {
    Picture::new(side, side, vec![value; 3 * side * side]).expect("fits")
}

/// Values computed apart from this program: Philox4x32-10 and Box-Muller in Python with numpy's float32.
#[test]
fn draws_are_pinned_bit_for_bit() {
    let expected: [(u64, [(usize, u32); 8]); 2] = [
        (
            1,
            [
                (0, 0x3eea_0acf),
                (1, 0x3ef8_c9e6),
                (2, 0x3f29_90e6),
                (3, 0x3f0a_7553),
                (4, 0x3f0c_d69d),
                (255, 0x3f05_2b53),
                (511, 0x3ebd_a6d2),
                (767, 0x3ed7_dc3b),
            ],
        ),
        (
            0x0123_4567_89ab_cdef,
            [
                (0, 0x3ef9_e038),
                (1, 0x3f19_cf1c),
                (2, 0x3f08_8ddd),
                (3, 0x3f01_f67b),
                (4, 0x3efc_ea13),
                (255, 0x3ecb_2557),
                (511, 0x3f08_ef4f),
                (767, 0x3ebb_94e4),
            ],
        ),
    ];
    for (seed, values) in expected {
        let noisy = add_noise(&flat(0.5, 16), 0.1, seed);
        for (index, bits) in values {
            assert_eq!(noisy.data[index].to_bits(), bits, "seed {seed}, value {index}");
        }
    }
}

#[test]
fn the_noise_has_the_asked_deviation_and_no_bias() {
    for sigma in [0.02f32, 0.1] {
        let noisy = add_noise(&flat(0.5, 200), sigma, 3);
        let n = noisy.data.len() as f64;
        let mean = noisy.data.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
        let deviation = mse(&noisy, &flat(0.5, 200)).sqrt();
        // 120,000 draws: four standard errors.
        assert!((mean - 0.5).abs() < 4.0 * f64::from(sigma) / n.sqrt());
        assert!((deviation / f64::from(sigma) - 1.0).abs() < 4.0 / (2.0 * n).sqrt());
    }
}

#[test]
fn neighbours_and_channels_are_independent() {
    let noisy = add_noise(&flat(0.5, 128), 0.1, 11);
    let centred: Vec<f64> = noisy.data.iter().map(|&v| f64::from(v) - 0.5).collect();
    for lag in [1, 2, 3, 128, 128 * 128] {
        let pairs = centred.len() - lag;
        let products = (0..pairs).map(|i| centred[i] * centred[i + lag]);
        let correlation = products.sum::<f64>() / (pairs as f64 * 0.01);
        assert!(
            correlation.abs() < 5.0 / (pairs as f64).sqrt(),
            "lag {lag}: {correlation}"
        );
    }
}

#[test]
fn seeds_differ_and_repeat() {
    let picture = make::picture(20, 17);
    let one = add_noise(&picture, 0.1, 1);
    assert_eq!(one, add_noise(&picture, 0.1, 1));
    assert_ne!(one, add_noise(&picture, 0.1, 2));
    assert_ne!(one, add_noise(&picture, 0.1, 1 << 32 | 1));
}

#[test]
fn no_sigma_no_change_and_much_is_clipped() {
    let picture = make::picture(20, 17);
    assert_eq!(add_noise(&picture, 0.0, 1), picture);
    let wild = add_noise(&picture, 50.0, 1);
    assert!(wild.data.iter().all(|v| (0.0..=1.0).contains(v)));
    let edges = wild.data.iter().filter(|&&v| v == 0.0 || v == 1.0).count();
    assert!(edges > wild.data.len() * 9 / 10, "{edges} at the edges");
}

#[test]
#[should_panic(expected = "standard deviation")]
fn a_sigma_that_is_no_number_is_a_fault() {
    add_noise(&flat(0.5, 16), f32::NAN, 1);
}

#[test]
fn psnr_is_by_its_definition() {
    let (a, b) = (flat(0.5, 16), flat(0.625, 16));
    assert_eq!(mse(&a, &b), 0.015_625);
    assert!((psnr(&a, &b) - 18.061_799_739_838_87).abs() < 1e-12);
    assert_eq!(psnr(&a, &a), f64::INFINITY);
    assert!((psnr_of_mse(0.01) - 20.0).abs() < 1e-12);
    // One value wrong by 1 in 3 * 16 * 16, and values outside 0 to 1 count in full.
    let mut c = flat(0.5, 16);
    c.data[700] = 1.5;
    assert_eq!(mse(&a, &c), 1.0 / 768.0);
}
