//! Exchange with PyTorch: safetensors files that replace a run's initial state, and that hold its final one.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, View};

use super::{Task, TrainError};
use crate::network::{Network, draw_input};
use crate::picture::{Padding, Picture};

/// What a state file replaces. Parameters are by name, as in PyTorch's `state_dict`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StateIn {
    parameters: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
    /// z, `[1, 32, H, W]` at padded size.
    pub(super) input: Option<Vec<f32>>,
    input_shape: Vec<usize>,
    noisy: Option<(Vec<usize>, Vec<f32>)>,
    clean: Option<(Vec<usize>, Vec<f32>)>,
    /// Length N.
    pub(super) logits: Option<Vec<f32>>,
    /// `[T, N]`: u of the first T steps of mask learning.
    pub(super) uniforms: Option<Vec<f32>>,
}

impl StateIn {
    /// Reads a safetensors file with F32 or F64 tensors.
    ///
    /// # Errors
    /// [`TrainError::State`] naming what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, TrainError> {
        let file = SafeTensors::deserialize(bytes)
            .map_err(|e| TrainError::State(format!("it is no safetensors file ({e})")))?;
        let mut state = Self::default();
        for (name, view) in file.iter() {
            let shape = view.shape().to_vec();
            let values = floats(name, &view)?;
            match name {
                "z" => {
                    state.input = Some(values);
                    state.input_shape = shape;
                }
                "noisy" => state.noisy = Some((shape, values)),
                "clean" => state.clean = Some((shape, values)),
                "logits" => state.logits = Some(values),
                "uniforms" => state.uniforms = Some(values),
                // What `StateOut` adds to the parameters.
                "output" => {}
                _ if name.starts_with("grad.") => {}
                _ => {
                    state.parameters.insert(name.to_string(), (shape, values));
                }
            }
        }
        Ok(state)
    }

    pub(super) fn has_parameters(&self) -> bool {
        !self.parameters.is_empty()
    }

    /// Itself with what a checkpoint stores because no seed can redraw it. Its length is checked with the rest.
    pub(super) fn restored(
        self,
        network: &Network,
        padding: &Padding,
        theta: Option<Vec<f32>>,
        input: Option<Vec<f32>>,
    ) -> Self {
        let mut state = Self {
            input,
            parameters: BTreeMap::new(),
            ..self
        };
        let (h, w) = network.input_size(padding.padded_height, padding.padded_width);
        state.input_shape = vec![1, network.input_channels, h, w];
        if let Some(theta) = theta.filter(|theta| theta.len() == network.n) {
            for p in &network.parameters {
                state
                    .parameters
                    .insert(p.name.clone(), (p.shape.clone(), theta[p.range()].to_vec()));
            }
        }
        state
    }

    pub(super) fn parameters_into(&self, network: &Network, theta: &mut [f32]) {
        for p in &network.parameters {
            if let Some((_, values)) = self.parameters.get(&p.name) {
                theta[p.range()].copy_from_slice(values);
            }
        }
    }

    /// z, all channels, at the size that padded maps need: the supplied one, or drawn by `seed`.
    pub(super) fn input_or_drawn(&self, network: &Network, padding: &Padding, seed: u64) -> Vec<f32> {
        let (h, w) = (padding.padded_height, padding.padded_width);
        self.input.clone().unwrap_or_else(|| draw_input(network, h, w, seed))
    }

    /// Checks everything against the network and the picture, puts supplied pictures into the task, and returns for
    /// how many steps there are uniforms.
    ///
    /// # Errors
    /// [`TrainError::State`] naming the tensor that does not fit.
    pub(super) fn check(&self, network: &Network, task: &mut Task) -> Result<usize, TrainError> {
        let by_name: HashMap<&str, _> = network.parameters.iter().map(|p| (p.name.as_str(), p)).collect();
        for (name, (shape, _)) in &self.parameters {
            let Some(p) = by_name.get(name.as_str()) else {
                return Err(TrainError::State(format!("the network has no parameter {name}")));
            };
            if *shape != p.shape {
                return Err(wrong_shape(name, shape, &p.shape));
            }
        }
        let padding = task.padding;
        if self.input.is_some() {
            let (h, w) = network.input_size(padding.padded_height, padding.padded_width);
            let wanted = [1, network.input_channels, h, w];
            let len = self.input.as_ref().map_or(0, Vec::len);
            if self.input_shape != wanted || len != wanted.iter().product::<usize>() {
                return Err(wrong_shape("z", &self.input_shape, &wanted));
            }
        }
        if let Some((shape, values)) = &self.noisy {
            let small = (task.noisy.width, task.noisy.height);
            task.noisy = if task.observation.factor() > 1 {
                // Neither padded nor cropped: the windows of a small picture begin where the large one does.
                picture(
                    "noisy",
                    shape,
                    values,
                    &Padding::for_size(small.0, small.1, small.0, small.1),
                )?
            } else {
                picture("noisy", shape, values, &padding)?
            };
        }
        if let Some((shape, values)) = &self.clean {
            task.clean = Some(picture("clean", shape, values, &padding)?);
        }
        if let Some(logits) = &self.logits
            && logits.len() != network.n
        {
            return Err(wrong_shape("logits", &[logits.len()], &[network.n]));
        }
        let Some(uniforms) = &self.uniforms else { return Ok(0) };
        if uniforms.is_empty() || !uniforms.len().is_multiple_of(network.n) {
            return Err(TrainError::State(format!("uniforms must be [T, {}]", network.n)));
        }
        if uniforms.iter().any(|u| !(*u > 0.0 && *u < 1.0)) {
            return Err(TrainError::State("uniforms must lie between 0 and 1".into()));
        }
        Ok(uniforms.len() / network.n)
    }
}

fn wrong_shape(name: &str, found: &[usize], wanted: &[usize]) -> TrainError {
    TrainError::State(format!("{name} has the shape {found:?}, the run needs {wanted:?}"))
}

/// A picture `[1, 3, H, W]`, at its own size or padded.
fn picture(name: &str, shape: &[usize], values: &[f32], padding: &Padding) -> Result<Picture, TrainError> {
    let own = [1, Picture::CHANNELS, padding.height, padding.width];
    let padded = [1, Picture::CHANNELS, padding.padded_height, padding.padded_width];
    if shape == own {
        Ok(Picture {
            width: padding.width,
            height: padding.height,
            data: values.to_vec(),
        })
    } else if shape == padded {
        Ok(padding.crop(values))
    } else {
        Err(wrong_shape(name, shape, &own))
    }
}

fn floats(name: &str, view: &TensorView<'_>) -> Result<Vec<f32>, TrainError> {
    match view.dtype() {
        Dtype::F32 => Ok(bytemuck::pod_collect_to_vec(view.data())),
        Dtype::F64 => {
            let values: Vec<f64> = bytemuck::pod_collect_to_vec(view.data());
            Ok(values.into_iter().map(|v| v as f32).collect())
        }
        other => Err(TrainError::State(format!(
            "{name} is {other:?}; only F32 and F64 can be read"
        ))),
    }
}

/// A run's final state, in full shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct StateOut {
    /// Flat, masked entries exactly 0.
    pub parameters: Vec<f32>,
    /// The network's output with them, `[3, height, width]`.
    pub output: Vec<f32>,
    pub input: Vec<f32>,
    /// What was observed: at padded size, but for super-resolution, where it is small.
    pub noisy: Picture,
    /// Padded size.
    pub height: usize,
    pub width: usize,
    /// Flat gradient of the first step: dL/dtheta of a fit, dL/dp of a learner.
    pub gradient: Option<Vec<f32>>,
    pub logits: Option<Vec<f32>>,
}

impl StateOut {
    /// A safetensors file: parameters and `grad.` of them by name, `output`, `z`, `noisy`, and for a learner `logits`.
    ///
    /// # Errors
    /// [`TrainError::State`] if the writer refuses.
    pub fn to_bytes(&self, network: &Network) -> Result<Vec<u8>, TrainError> {
        let mut tensors: BTreeMap<String, Owned> = BTreeMap::new();
        let mut add = |name: String, shape: &[usize], values: &[f32]| {
            tensors.insert(name, Owned::new(Dtype::F32, shape, values));
        };
        for p in &network.parameters {
            add(p.name.clone(), &p.shape, &self.parameters[p.range()]);
            if let Some(gradient) = &self.gradient {
                add(format!("grad.{}", p.name), &p.shape, &gradient[p.range()]);
            }
        }
        let (h, w) = (self.height, self.width);
        add("output".into(), &[1, network.output_channels, h, w], &self.output);
        let noisy = &self.noisy;
        add(
            "noisy".into(),
            &[1, Picture::CHANNELS, noisy.height, noisy.width],
            &noisy.data,
        );
        let (z_h, z_w) = network.input_size(h, w);
        add("z".into(), &[1, network.input_channels, z_h, z_w], &self.input);
        if let Some(logits) = &self.logits {
            add("logits".into(), &[logits.len()], logits);
        }
        safetensors::serialize(tensors, None).map_err(|e| TrainError::State(e.to_string()))
    }
}

/// A tensor that owns its bytes.
pub(super) struct Owned {
    dtype: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl Owned {
    pub fn new<T: bytemuck::NoUninit>(dtype: Dtype, shape: &[usize], values: &[T]) -> Self {
        Self {
            dtype,
            shape: shape.to_vec(),
            data: bytemuck::cast_slice(values).to_vec(),
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.data
    }
}

impl View for Owned {
    fn dtype(&self) -> Dtype {
        self.dtype
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}
