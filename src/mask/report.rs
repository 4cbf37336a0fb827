//! A mask's facts as text for the terminal.

use std::fmt;

use super::MaskInfo;
use crate::numbers;

impl fmt::Display for MaskInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let row = |f: &mut fmt::Formatter<'_>, name: &str, value: &str| writeln!(f, "{name:<10}{value}");
        let share = percent(self.kept, self.n);
        row(
            f,
            "kept",
            &format!("{} of {} parameters ({share})", thousands(self.kept), thousands(self.n)),
        )?;
        row(f, "method", &self.method)?;
        let optional = [
            ("seed", self.seed.map(|seed| seed.to_string())),
            ("steps", self.steps.map(numbers::thousands)),
            ("image", self.image.clone()),
            ("licence", self.licence.clone()),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                row(f, name, &value)?;
            }
        }
        let channels: Vec<String> = self.network.channels.iter().map(usize::to_string).collect();
        let levels = self.network.levels();
        row(
            f,
            "network",
            &format!("{levels} levels, channels {}", channels.join(", ")),
        )?;
        writeln!(f, "\n{}", self.connectivity)?;
        writeln!(
            f,
            "Without dead channels {} of {} convolution weights remain ({}); {} of those are kept ({}).",
            thousands(self.live_conv_weights),
            thousands(self.conv_weights),
            percent(self.live_conv_weights, self.conv_weights),
            thousands(self.reachable_conv_weights),
            percent(self.reachable_conv_weights, self.live_conv_weights),
        )?;

        let stage_width = width(self.live.iter().map(|live| live.stage.as_str()));
        writeln!(f, "\n{:<stage_width$}  {:>8} {:>8}", "channels behind", "all", "live")?;
        for live in &self.live {
            writeln!(f, "{:<stage_width$}  {:>8} {:>8}", live.stage, live.channels, live.live)?;
        }
        writeln!(f, "\n{:<12} {:>10} {:>10} {:>8}", "kind", "all", "kept", "share")?;
        for kind in &self.kinds {
            let (all, kept) = (thousands(kind.numel), thousands(kind.kept));
            let share = percent(kind.kept, kind.numel);
            writeln!(f, "{:<12} {all:>10} {kept:>10} {share:>8}", kind.kind)?;
        }
        let name_width = width(self.tensors.iter().map(|tensor| tensor.name.as_str()));
        writeln!(
            f,
            "\n{:<name_width$}  {:<12} {:>10} {:>10} {:>8}",
            "tensor", "kind", "all", "kept", "share"
        )?;
        for tensor in &self.tensors {
            let (all, kept) = (thousands(tensor.numel), thousands(tensor.kept));
            let share = percent(tensor.kept, tensor.numel);
            writeln!(
                f,
                "{:<name_width$}  {:<12} {all:>10} {kept:>10} {share:>8}",
                tensor.name, tensor.kind
            )?;
        }
        Ok(())
    }
}

/// The width of a column of names and its heading.
fn width<'a>(names: impl Iterator<Item = &'a str>) -> usize {
    const HEADING: usize = "channels behind".len();
    names.map(str::len).max().unwrap_or(0).max(HEADING)
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.2}%", 100.0 * part as f64 / whole.max(1) as f64)
}

fn thousands(number: usize) -> String {
    numbers::thousands(number as u64)
}
