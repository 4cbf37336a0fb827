//! Who computes: what reports, `oes devices` and the page tell about an adapter.

use serde::{Deserialize, Serialize};

/// An adapter in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdapterDescription {
    /// Empty where the browser does not disclose it.
    pub name: String,
    /// `vulkan`, `metal`, `dx12`, `webgpu` or `cpu`.
    pub backend: String,
    /// `discrete`, `integrated`, `virtual`, `cpu` or `other`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The driver's name and version; empty where it is not disclosed.
    pub driver: String,
    /// Whether the adapter is a program on the CPU (SwiftShader, lavapipe, WARP): correct, but slow.
    pub software: bool,
}

impl AdapterDescription {
    /// The CPU executor.
    pub fn cpu() -> Self {
        Self {
            name: "CPU engine".into(),
            backend: "cpu".into(),
            kind: "cpu".into(),
            driver: String::new(),
            software: true,
        }
    }
}

/// Whether a name or a driver is that of a software rasteriser.
pub fn is_software_name(text: &str) -> bool {
    const NAMES: [&str; 6] = [
        "swiftshader",
        "llvmpipe",
        "lavapipe",
        "softpipe",
        "basic render",
        "warp",
    ];
    let text = text.to_ascii_lowercase();
    NAMES.iter().any(|name| text.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_rasterisers_are_known_by_name() {
        for name in [
            "SwiftShader Device (Subzero)",
            "llvmpipe (LLVM 15)",
            "Microsoft Basic Render Driver",
        ] {
            assert!(is_software_name(name), "{name}");
        }
        assert!(!is_software_name("NVIDIA GeForce RTX 4090"));
    }

    #[test]
    fn json_says_type() {
        let json = serde_json::to_value(AdapterDescription::cpu()).expect("plain data");
        assert_eq!(json["type"], "cpu");
    }
}
