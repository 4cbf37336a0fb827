//! Where every run of a picture, a network and a seed starts, without a device.

use super::exchange::StateIn;
use super::{Task, TrainError};
use crate::network::{Generator, Network, draw_theta};

/// The initial parameters, the fixed input and the picture.
#[derive(Clone, Debug)]
pub struct Start {
    pub network: Network,
    /// With the supplied pictures, where there are any.
    pub task: Task,
    /// theta_in, flat, length N, unmasked.
    pub theta: Vec<f32>,
    /// z, `[input channels, h, w]` at the size that padded maps need.
    pub input: Vec<f32>,
}

impl Start {
    /// As [`super::Run::new`] starts from the same seed and state.
    ///
    /// # Errors
    /// [`TrainError`] if the network is impossible or the supplied state does not fit.
    pub fn new(description: &Generator, task: Task, init_seed: u64, supplied: &StateIn) -> Result<Self, TrainError> {
        let network = description.build()?;
        let mut task = task;
        supplied.check(&network, &mut task)?;
        let mut theta = draw_theta(&network, init_seed);
        supplied.parameters_into(&network, &mut theta);
        let input = supplied.input_or_drawn(&network, &task.padding, init_seed);
        Ok(Self {
            network,
            task,
            theta,
            input,
        })
    }
}
