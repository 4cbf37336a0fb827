//! From a kernel's parameters to the WGSL text that is compiled: constants, uniforms and bindings in front of the
//! file, and repeated blocks written out.

use std::collections::HashMap;

use super::{Access, Element, KernelOp};

/// Threads in a workgroup: a multiple of every vendor's subgroup, within the default limits.
pub const WORKGROUP: u32 = 64;

/// Elements of a column that an invocation of the elementwise kernels on maps computes.
pub const MAP_ROWS: u32 = 8;

/// A workgroup as wide as a row needs, then as tall and as deep as is left: no index needs a division, and small maps
/// fill their workgroups with channels.
pub fn workgroup_size(grid: [u32; 3]) -> [u32; 3] {
    let mut left = WORKGROUP;
    grid.map(|n| {
        let size = n.max(1).next_power_of_two().min(left);
        left /= size;
        size
    })
}

/// The complete WGSL of an op.
///
/// # Errors
/// A sentence if a repeat block is malformed: a fault of the shader file.
pub fn shader_text(op: &dyn KernelOp) -> Result<String, String> {
    let info = op.info();
    let mut text = String::new();
    let constants = op.constants();
    for (name, value) in &constants {
        text += &format!("const {}: u32 = {value}u;\n", name.to_ascii_uppercase());
    }
    let [x, y, z] = workgroup_size(op.grid());
    for (name, value) in [("WG_X", x), ("WG_Y", y), ("WG_Z", z), ("MAP_ROWS", MAP_ROWS)] {
        text += &format!("const {name}: u32 = {value}u;\n");
    }
    text += "struct Params { grid_x: u32, grid_y: u32, grid_z: u32,";
    for (name, ty) in info.uniforms {
        text += &format!(" {name}: {ty},");
    }
    text += " }\n@group(0) @binding(0) var<uniform> params: Params;\n";
    for (i, binding) in info.bindings.iter().enumerate() {
        let access = match binding.access {
            Access::Read => "read",
            Access::Write => "read_write",
        };
        let element = match binding.element {
            Element::F32 => "f32",
            Element::Vec4 => "vec4<f32>",
            Element::U32 => "u32",
        };
        let (slot, name) = (i + 1, binding.name);
        text += &format!("@group(0) @binding({slot}) var<storage, {access}> {name}: array<{element}>;\n");
    }
    text += &expand(info.source, &constants)?;
    Ok(text)
}

/// Writes out repeat blocks: the lines between `//# repeat i N` and `//# end` appear N times with `$i` replaced by
/// 0, 1, ...; N is an expression in numbers, the given constants (by their upper-case names) and
/// the file's own. Blocks nest. Written-out code keeps
/// register arrays in registers on every compiler; a loop does not.
///
/// # Errors
/// A sentence that names the faulty directive.
pub fn expand(source: &str, constants: &[(&str, u32)]) -> Result<String, String> {
    let lines: Vec<&str> = source.lines().collect();
    let mut known: HashMap<String, i64> = constants
        .iter()
        .map(|(name, value)| (name.to_ascii_uppercase(), i64::from(*value)))
        .collect();
    for line in &lines {
        // The file's own constants that follow from the given ones.
        let declared = line.strip_prefix("const ").and_then(|rest| rest.split_once(": u32 = "));
        if let Some((name, expression)) = declared
            && let Some(value) = evaluate(expression.trim_end_matches(';'), &known)
        {
            known.insert(name.to_string(), value);
        }
    }
    let mut text = String::new();
    expand_lines(&lines, &known, &mut text)?;
    Ok(text)
}

/// The value of an expression in `+ - * /`, parentheses, numbers (an `u` behind them is allowed) and known names.
fn evaluate(expression: &str, known: &HashMap<String, i64>) -> Option<i64> {
    let mut tokens: Vec<String> = Vec::new();
    for c in expression.chars().filter(|c| !c.is_whitespace()) {
        let word = c.is_alphanumeric() || c == '_';
        match tokens.last_mut() {
            Some(last) if word && last.chars().all(|l| l.is_alphanumeric() || l == '_') => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    let mut at = 0;
    let value = sum(&tokens, &mut at, known)?;
    (at == tokens.len()).then_some(value)
}

fn sum(tokens: &[String], at: &mut usize, known: &HashMap<String, i64>) -> Option<i64> {
    let mut value = product(tokens, at, known)?;
    while let Some(sign @ ("+" | "-")) = tokens.get(*at).map(String::as_str) {
        *at += 1;
        let right = product(tokens, at, known)?;
        value = if sign == "+" {
            value.checked_add(right)?
        } else {
            value.checked_sub(right)?
        };
    }
    Some(value)
}

fn product(tokens: &[String], at: &mut usize, known: &HashMap<String, i64>) -> Option<i64> {
    let mut value = atom(tokens, at, known)?;
    while let Some(sign @ ("*" | "/")) = tokens.get(*at).map(String::as_str) {
        *at += 1;
        let right = atom(tokens, at, known)?;
        value = if sign == "*" {
            value.checked_mul(right)?
        } else {
            value.checked_div(right)?
        };
    }
    Some(value)
}

fn atom(tokens: &[String], at: &mut usize, known: &HashMap<String, i64>) -> Option<i64> {
    let token = tokens.get(*at)?;
    *at += 1;
    if token == "(" {
        let value = sum(tokens, at, known)?;
        *at += 1;
        return (tokens.get(*at - 1)? == ")").then_some(value);
    }
    known
        .get(token)
        .copied()
        .or_else(|| token.trim_end_matches('u').parse().ok())
}

fn expand_lines(lines: &[&str], known: &HashMap<String, i64>, text: &mut String) -> Result<(), String> {
    let mut i = 0;
    while i < lines.len() {
        let line = lines[i];
        i += 1;
        let Some(directive) = line.trim_start().strip_prefix("//# repeat ") else {
            text.push_str(line);
            text.push('\n');
            continue;
        };
        let Some((name, count)) = directive.trim().split_once(' ') else {
            return Err(format!("a repeat needs a name and a count: {line}"));
        };
        let Some(count) = evaluate(count, known) else {
            return Err(format!("unknown count in: {line}"));
        };
        let body_start = i;
        let mut depth = 1;
        while depth > 0 {
            let Some(inner) = lines.get(i) else {
                return Err(format!("no end for: {line}"));
            };
            let inner = inner.trim_start();
            depth += i32::from(inner.starts_with("//# repeat "));
            depth -= i32::from(inner.starts_with("//# end"));
            i += 1;
        }
        let body = &lines[body_start..i - 1];
        for k in 0..count {
            let replaced: Vec<String> = body
                .iter()
                .map(|l| l.replace(&format!("${name}"), &k.to_string()))
                .collect();
            let replaced: Vec<&str> = replaced.iter().map(String::as_str).collect();
            expand_lines(&replaced, known, text)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_nest_and_count_by_constants() {
        let source = "a\n//# repeat i N\n//# repeat j 2\nx[$i][$j]\n//# end\n//# end\nb";
        let text = expand(source, &[("n", 2)]).expect("well formed");
        assert_eq!(text, "a\nx[0][0]\nx[0][1]\nx[1][0]\nx[1][1]\nb\n");
    }

    #[test]
    fn counts_follow_from_the_files_own_constants() {
        let source = "const ROW: u32 = (N - 1u) * 2u + 1u;\n//# repeat i ROW\nx$i\n//# end";
        let text = expand(source, &[("n", 2)]).expect("well formed");
        assert!(text.ends_with("x0\nx1\nx2\n"), "{text}");
    }

    #[test]
    fn variables_in_loops_are_written_out() {
        // WGSL starts them at zero in each round, but Chromium and Firefox were seen to do so only in the first.
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
        let folders = [folder.clone(), folder.join("include")];
        let files = folders
            .iter()
            .flat_map(|folder| std::fs::read_dir(folder).expect("a folder of shaders"));
        let mut loops = 0;
        for path in files
            .map(|file| file.expect("an entry").path())
            .filter(|path| path.is_file())
        {
            let text = std::fs::read_to_string(&path).expect("text");
            for line in text.lines().filter(|line| line.starts_with("        ")) {
                if let Some(declared) = line.trim_start().strip_prefix("var ") {
                    loops += usize::from(declared.contains('='));
                    assert!(declared.contains('='), "{}: {line}", path.display());
                }
            }
        }
        assert!(loops > 0, "the shaders have such variables");
    }

    #[test]
    fn a_missing_end_is_an_error() {
        assert!(expand("//# repeat i 2\nx", &[]).is_err());
        assert!(expand("//# repeat i many\n//# end", &[]).is_err());
    }

    #[test]
    fn workgroups_fit_narrow_maps() {
        assert_eq!(workgroup_size([3, 3, 128]), [4, 4, 4]);
        assert_eq!(workgroup_size([41, 55, 1]), [64, 1, 1]);
        assert_eq!(workgroup_size([12, 100, 1]), [16, 4, 1]);
    }
}
