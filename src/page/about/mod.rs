//! The view on this device: what computes, whether it computes rightly and how fast, and a report of it.

mod bench;
mod device;
mod report;
mod self_test;
mod view;

use leptos::prelude::*;

use super::address_of;
use super::slots;
use super::state::Studio;
use super::text;
use crate::bench::BenchSummary;
use crate::self_test::SelfTestReport;
use crate::worker::protocol::{DeviceFacts, Fault, FaultKind, Measurement, Reply, Request};

pub use view::About;

/// Sizes of the picture that the benchmark offers, in pixels.
pub const BENCH_SIZES: [usize; 4] = [192, 256, 384, 512];

/// What the page knows of the device, and has measured of it.
#[derive(Clone, Copy)]
pub struct Device {
    pub facts: RwSignal<Option<DeviceFacts>>,
    /// What is measured now: pieces done, and in all.
    pub measuring: RwSignal<Option<(Measurement, usize, usize)>>,
    /// It was asked to stop, and a piece is still measured.
    pub stopping: RwSignal<bool>,
    pub self_test: RwSignal<Option<SelfTestReport>>,
    /// With whether it was complete.
    pub bench: RwSignal<Option<(BenchSummary, bool)>>,
    pub refused: RwSignal<Option<(Measurement, Fault)>>,
    pub size: RwSignal<usize>,
    /// What a screen reader is told: begins and ends only.
    pub said: RwSignal<String>,
}

impl Device {
    pub fn new() -> Self {
        Self {
            facts: RwSignal::new(None),
            measuring: RwSignal::new(None),
            stopping: RwSignal::new(false),
            self_test: RwSignal::new(None),
            bench: RwSignal::new(None),
            refused: RwSignal::new(None),
            size: RwSignal::new(BENCH_SIZES[0]),
            said: RwSignal::new(String::new()),
        }
    }

    /// Forgets what was measured: a new engine is opened.
    pub fn clear(self) {
        self.facts.set(None);
        self.over(String::new());
        self.self_test.set(None);
        self.bench.set(None);
        self.refused.set(None);
    }

    /// Nothing is measured any more.
    fn over(self, said: String) {
        self.measuring.set(None);
        self.stopping.set(false);
        self.said.set(said);
    }

    fn begin(self, what: Measurement) {
        self.measuring.set(Some((what, 0, 0)));
        self.refused.set(None);
        self.said.set(text::measuring_began(what).to_owned());
    }
}

impl Studio {
    pub fn run_self_test(self) {
        self.device.self_test.set(None);
        self.device.begin(Measurement::SelfTest);
        self.send(&Request::SelfTest, None);
    }

    /// Measures with the first preset's mask.
    pub fn run_bench(self) {
        let Some(preset) = self
            .catalogue
            .with_value(|catalogue| catalogue.presets.first().cloned())
        else {
            return;
        };
        self.device.bench.set(None);
        self.device.begin(Measurement::Bench);
        let mask = Request::LoadMask {
            slot: slots::BENCH,
            name: preset.title,
            address: Some(address_of(&preset.file)),
            sha256: Some(preset.sha256),
            returns: false,
            recipe: None,
        };
        self.send(&mask, None);
        let bench = Request::Bench {
            size: self.device.size.get_untracked(),
            mask: slots::BENCH,
        };
        self.send(&bench, None);
    }

    pub fn stop_measuring(self) {
        self.device.stopping.set(true);
        self.send(&Request::StopMeasuring, None);
    }

    /// What the worker tells of the device.
    pub(super) fn hear_of_device(self, reply: Reply) {
        let device = self.device;
        match reply {
            Reply::Device { facts } => device.facts.set(Some(facts)),
            Reply::Measuring { what, done, total } => device.measuring.set(Some((what, done, total))),
            Reply::SelfTested { report } => {
                device.over(text::self_test_verdict(&report));
                device.self_test.set(Some(report));
            }
            Reply::Benched { summary, complete } => {
                device.over(text::bench_sentence(&summary, complete));
                device.bench.set(Some((summary, complete)));
            }
            Reply::Unmeasured { what, fault } => {
                device.over(String::new());
                // What concerns more than the measurement is told above the view, with what to do.
                if fault.kind == FaultKind::DeviceLost {
                    self.take_fault(fault);
                } else {
                    device.refused.set(Some((what, fault)));
                }
            }
            _ => {}
        }
    }
}
