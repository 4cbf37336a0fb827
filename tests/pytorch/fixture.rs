//! Reads the committed PyTorch numbers and collects what disagrees with them.

use std::collections::BTreeMap;
use std::path::PathBuf;

use optimal_eye_surgeon::network::{Generator, Hourglass, Network, Parameter};
use safetensors::SafeTensors;
use serde_json::Value;

pub type Tensors = BTreeMap<String, Vec<f32>>;

pub fn load_bytes(file: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(file);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub fn load(file: &str) -> Tensors {
    let bytes = load_bytes(file);
    let tensors = SafeTensors::deserialize(&bytes).expect("a safetensors file");
    tensors
        .iter()
        .map(|(name, view)| {
            let values = match view.dtype() {
                safetensors::Dtype::U8 => view.data().iter().map(|b| f32::from(*b)).collect(),
                _ => bytemuck::pod_collect_to_vec(view.data()),
            };
            (name.to_string(), values)
        })
        .collect()
}

/// A network with its inputs.
pub struct Fixture {
    pub name: String,
    pub description: Generator,
    pub network: Network,
    inputs: Tensors,
    json: Value,
}

/// The numbers of one case.
pub struct Results {
    tensors: Tensors,
    json: Value,
    prefix: String,
}

impl Fixture {
    pub fn load(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.json"));
        let json: Value = serde_json::from_slice(&std::fs::read(path).expect("the fixture")).expect("JSON");
        let description = match json.get("generator") {
            Some(generator) => serde_json::from_value(generator.clone()).expect("a description"),
            None => {
                let channels = serde_json::from_value(json["channels"].clone()).expect("channels");
                Generator::Hourglass(Hourglass {
                    channels,
                    ..Hourglass::default()
                })
            }
        };
        let network = description.build().expect("builds");
        assert_eq!(network.n as u64, json["parameters"].as_u64().expect("parameters"));
        Self {
            name: name.into(),
            description,
            network,
            inputs: load(&format!("{name}.safetensors")),
            json,
        }
    }

    pub fn size(&self) -> (usize, usize) {
        let side = |key: &str| self.json[key].as_u64().expect("a side") as usize;
        (side("height"), side("width"))
    }

    pub fn tensor(&self, name: &str) -> Vec<f32> {
        self.inputs[name].clone()
    }

    pub fn theta(&self) -> Vec<f32> {
        self.network
            .parameters
            .iter()
            .flat_map(|p| self.inputs[&p.name].iter().copied())
            .collect()
    }

    pub fn results(&self, case: &str) -> Results {
        let tensors = load(&format!("{}_{case}.safetensors", self.name));
        Results {
            tensors,
            json: self.json[case].clone(),
            prefix: String::new(),
        }
    }

    pub fn learning(&self, learner: &str) -> Results {
        let tensors = load(&format!("{}_learn.safetensors", self.name));
        Results {
            tensors,
            json: self.json["learn"][learner].clone(),
            prefix: format!("{learner}."),
        }
    }
}

impl Results {
    pub fn lr(&self) -> f64 {
        self.json["lr"].as_f64().expect("lr")
    }

    pub fn steps(&self) -> usize {
        let last = |at: &&str| {
            at.strip_prefix("change")
                .and_then(|t| t.split('.').next()?.parse::<usize>().ok())
        };
        self.tensors
            .keys()
            .filter_map(|k| last(&k.as_str()))
            .max()
            .expect("changes")
    }

    pub fn keep(&self) -> Option<Vec<bool>> {
        Some(self.tensors.get("keep")?.iter().map(|k| *k == 1.0).collect())
    }

    pub fn window(&self) -> Option<[usize; 4]> {
        let window = self.json["window"].as_array()?;
        Some(std::array::from_fn(|i| window[i].as_u64().expect("a side") as usize))
    }

    pub fn has_change(&self, t: usize) -> bool {
        self.tensors.keys().any(|k| k.starts_with(&format!("change{t}.")))
    }

    pub fn uniforms(&self) -> Vec<f32> {
        self.tensors["uniforms"].clone()
    }

    fn losses(&self) -> Vec<f64> {
        self.json["loss"]
            .as_array()
            .expect("loss")
            .iter()
            .map(|l| l.as_f64().expect("a loss"))
            .collect()
    }

    /// (median, p99, maximum) of float32 PyTorch's distance; `None` where the tensor keeps nothing.
    fn yardstick(&self, quantity: &str, name: &str) -> Option<[f64; 3]> {
        let figures = self.json["float32_worst"][quantity].get(name)?.as_array()?;
        Some(std::array::from_fn(|i| figures[i].as_f64().expect("a figure")))
    }
}

/// What disagreed; asserted once, so that one run shows everything.
#[derive(Default)]
pub struct Report {
    checks: usize,
    failures: Vec<String>,
}

impl Report {
    fn check(&mut self, right: bool, what: impl FnOnce() -> String) {
        self.checks += 1;
        if !right {
            self.failures.push(what());
        }
    }

    pub fn assert(self) {
        assert!(self.checks > 0, "nothing was compared");
        let shown: Vec<&String> = self.failures.iter().take(25).collect();
        assert!(
            self.failures.is_empty(),
            "{} of {} checks failed:\n{shown:#?}",
            self.failures.len(),
            self.checks
        );
    }

    /// Within 1e-4 of the largest value.
    pub fn output(&mut self, what: &str, results: &Results, output: &[f32]) {
        let expected = &results.tensors["output"];
        let distance = distances(output, expected, |_| true);
        let bound = 1e-4 * largest(expected);
        let worst = distance.last().copied().unwrap_or(f64::NAN);
        self.check(worst <= bound, || {
            format!("{what}: output is off by {worst:e}, allowed {bound:e}")
        });
    }

    /// Within 1e-4 of each tensor's largest value, or three times float32 PyTorch's own distance.
    pub fn gradients(&mut self, what: &str, fixture: &Fixture, results: &Results, grad: &[f32]) {
        for p in with_gradient(&fixture.network) {
            let expected = &results.tensors[&format!("grad.{}", p.name)];
            let worst = distances(&grad[p.range()], expected, |_| true)
                .last()
                .copied()
                .unwrap_or(0.0);
            let float32 = results.yardstick("grad", &p.name).map_or(0.0, |f| f[2]);
            // The gamma before an upsample is nearly scale-free: its gradient, 1e-8 here, is what cancellation leaves,
            // and summing over the upsampled map, as without rewrites, leaves less of it.
            let share = if largest(expected) < 1e-6 { 0.1 } else { 1e-4 };
            let bound = (share * largest(expected)).max(3.0 * float32);
            self.check(worst <= bound, || {
                format!("{what}: gradient of {} is off by {worst:e}, allowed {bound:e}", p.name)
            });
        }
    }

    /// The parameters' change since the start: at most three times as far from float64 as float32 PyTorch.
    pub fn change(&mut self, what: &str, fixture: &Fixture, results: &Results, t: usize, start: &[f32], now: &[f32]) {
        let keep = results.keep();
        for p in with_gradient(&fixture.network) {
            let Some(yardstick) = results.yardstick(&format!("change{t}"), &p.name) else {
                continue;
            };
            let change = &results.tensors[&format!("change{t}.{}", p.name)];
            let mut distance: Vec<f64> = p
                .range()
                .zip(change)
                .filter(|(i, _)| keep.as_ref().is_none_or(|keep| keep[*i]))
                .map(|(i, c)| (f64::from(now[i]) - f64::from(start[i]) - f64::from(*c)).abs())
                .collect();
            distance.sort_by(f64::total_cmp);
            self.within(what, &p.name, t, &distance, yardstick, largest(change));
        }
    }

    /// Column 0 of the ring: the loss before each update.
    pub fn losses(&mut self, what: &str, results: &Results, ring: &[f32]) {
        for (t, (row, expected)) in ring.chunks(4).zip(results.losses()).enumerate().take(2) {
            let off = (f64::from(row[0]) - expected).abs() / expected;
            self.check(off < 1e-4, || {
                format!("{what}: loss {t} is {} instead of {expected}", row[0])
            });
        }
    }

    /// The logits' change since the start, tensor by tensor, by the same yardstick.
    pub fn logits(&mut self, what: &str, fixture: &Fixture, results: &Results, t: usize, begin: f32, logits: &[f32]) {
        let change = &results.tensors[&format!("{}change{t}", results.prefix)];
        for p in with_gradient(&fixture.network) {
            let Some(yardstick) = results.yardstick(&format!("change{t}"), &p.name) else {
                self.check(false, || format!("{what}: no yardstick for {} after {t} steps", p.name));
                continue;
            };
            let mut distance: Vec<f64> = p
                .range()
                .map(|i| (f64::from(logits[i]) - f64::from(begin) - f64::from(change[i])).abs())
                .collect();
            distance.sort_by(f64::total_cmp);
            self.within(what, &p.name, t, &distance, yardstick, largest(&change[p.range()]));
        }
    }

    /// Median, 99th percentile and maximum are at most three times float32 PyTorch's, beside a millionth of the largest
    /// change: less is float32's rounding of the parameter itself.
    fn within(&mut self, what: &str, name: &str, t: usize, ascending: &[f64], yardstick: [f64; 3], largest: f64) {
        for ((figure, at), bound) in [("median", 0.5), ("p99", 0.99), ("maximum", 1.0)].iter().zip(yardstick) {
            let ours = percentile(ascending, *at);
            let bound = 3.0 * bound + 1e-6 * largest;
            self.check(ours <= bound, || {
                format!("{what}: after {t} steps {name} is off by {ours:e} ({figure}), allowed {bound:e}")
            });
        }
    }

    pub fn learning_rows(&mut self, what: &str, results: &Results, ring: &[f32], with_kl: bool) {
        let rows = results.json["rows"].as_array().expect("rows");
        for (t, row) in rows.iter().enumerate() {
            let (data, kl) = (row["data"].as_f64().expect("data"), row["kl"].as_f64().expect("kl"));
            let ours = &ring[4 * t..4 * t + 4];
            self.check((f64::from(ours[0]) - data).abs() < 1e-4 * data, || {
                format!("{what}: data loss {t} is {} instead of {data}", ours[0])
            });
            if with_kl {
                self.check((f64::from(ours[2]) - kl).abs() < 1e-4 * kl, || {
                    format!("{what}: KL {t} is {} instead of {kl}", ours[2])
                });
            }
            if let Some(next) = ring.get(4 * t + 7).filter(|_| t + 1 < rows.len()) {
                let mean = row["mean_logit_after"].as_f64().expect("mean");
                self.check((f64::from(*next) - mean).abs() < 1e-3 * mean.abs() + 1e-7, || {
                    format!("{what}: mean logit after {t} is {next} instead of {mean}")
                });
            }
        }
    }
}

/// The tensors that the loss depends on.
fn with_gradient(network: &Network) -> impl Iterator<Item = &Parameter> {
    network.parameters.iter().filter(|p| p.has_gradient)
}

fn largest(values: &[f32]) -> f64 {
    values.iter().map(|v| f64::from(v.abs())).fold(0.0, f64::max)
}

/// Ascending distances of the entries that count; a NaN sorts last and fails every bound.
fn distances(ours: &[f32], expected: &[f32], counts: impl Fn(usize) -> bool) -> Vec<f64> {
    assert_eq!(ours.len(), expected.len());
    let pairs = ours.iter().zip(expected).enumerate().filter(|(i, _)| counts(*i));
    let mut all: Vec<f64> = pairs.map(|(_, (a, b))| (f64::from(*a) - f64::from(*b)).abs()).collect();
    all.sort_by(f64::total_cmp);
    all
}

/// numpy's linear percentile of ascending values; 0 of none.
fn percentile(ascending: &[f64], at: f64) -> f64 {
    let Some(last) = ascending.len().checked_sub(1) else {
        return 0.0;
    };
    let place = at * last as f64;
    let (low, high) = (ascending[place.floor() as usize], ascending[place.ceil() as usize]);
    low + (high - low) * place.fract()
}
