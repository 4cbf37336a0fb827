//! How the methods run: what is asked of the worker, and what its replies lead to.

use leptos::prelude::*;
use wasm_bindgen::JsValue;
use web_sys::{File, Url};

use super::kind::Kind;
use super::{Arm, BASE, Methods, default_base};
use crate::page::bars::levels;
use crate::page::mask_slot::MaskChoice;
use crate::page::route::Route;
use crate::page::state::Studio;
use crate::page::text;
use crate::worker::protocol::{
    CHOSEN_PICTURE, Fault, FaultKind, Job, MaskFacts, MaskMethod, Reply, Request, RunState, Setup, SlotId, returned,
};

impl Studio {
    /// Starts the methods, or goes on with them. Whatever else trains is paused.
    pub fn start_methods(self) {
        self.pause_others(Route::Methods);
        self.methods.lost.set(false);
        self.methods.active.set(true);
        self.go_on_with_methods();
    }

    pub fn pause_methods(self) {
        self.methods.active.set(false);
        for arm in self.methods.places() {
            self.hold(arm.lane);
            if arm.making.read_untracked().is_some() {
                let slot = arm.slot.get_value();
                self.send(&Request::PauseMaking { slot }, None);
            }
        }
    }

    /// Takes all of them back to before the start.
    pub fn reset_methods(self) {
        if self.methods.active.get_untracked() {
            self.pause_methods();
        }
        self.methods.lost.set(false);
        self.reset_those(|_| true);
        self.follow_picture();
    }

    /// Takes a learned mask of another picture, unless a person chose one.
    fn follow_picture(self) {
        let base = self.methods.base;
        let picture = self.picture_choice.read_untracked();
        let default = self.catalogue.with_value(|all| default_base(all, &picture));
        if !self.methods.base_chosen.get_untracked() && base.choice.get_untracked() != default {
            self.set_base(default);
        }
    }

    fn reset_method(self, arm: Arm) {
        self.drop_run(arm.lane);
        let slot = arm.slot.get_value();
        if slot > BASE {
            self.send(&Request::ForgetMask { slot }, None);
        }
        arm.forget();
    }

    /// Puts another method in a place.
    pub fn choose_method(self, arm: Arm, kind: Option<Kind>) {
        self.reset_method(arm);
        arm.kind.set(kind);
        self.keep_methods();
    }

    /// Chooses the fraction that is kept; whatever it decides starts over.
    pub fn choose_method_keep(self, keep: f64) {
        self.methods.keep.set(keep);
        self.reset_those(|kind| matches!(kind, Kind::Pruned(..) | Kind::Imp));
    }

    pub fn choose_method_steps(self, steps: u64) {
        self.methods.steps.set(steps);
        self.reset_methods();
    }

    /// Chooses the learned mask; whatever starts from it starts over.
    pub fn choose_base(self, choice: MaskChoice, file: Option<File>) {
        self.methods.base.take_file(file);
        self.set_base(choice);
        self.methods.base_chosen.set(true);
        self.reset_those(Kind::needs_mask);
    }

    fn set_base(self, choice: MaskChoice) {
        let methods = self.methods;
        methods.base.facts.set(None);
        methods.base_choices.update_value(|choices| *choices += 1);
        methods.base.choice.set(choice);
    }

    fn reset_those(self, changed: fn(Kind) -> bool) {
        let arms = self.methods.places().into_iter();
        arms.filter(|arm| arm.kind.get_untracked().is_some_and(changed))
            .for_each(|arm| self.reset_method(arm));
        self.keep_methods();
    }

    /// Asks for the next thing that they need.
    fn go_on_with_methods(self) {
        let methods = self.methods;
        if !methods.active.get_untracked() {
            return;
        }
        let needs_base = untrack(|| methods.needs_base());
        if needs_base && methods.base.facts.read_untracked().is_none() {
            if methods.reading.get_value().is_none() {
                methods.reading.set_value(Some(methods.base_choices.get_value()));
                self.load_mask(methods.base);
            }
            return;
        }
        self.agree_on_levels(needs_base);
        let left = untrack(|| methods.arms().into_iter().find(|arm| !arm.is_over()));
        match left {
            Some(arm) => self.go_on_with(arm),
            None => {
                methods.active.set(false);
                methods.said.set(text::METHODS_END.to_owned());
            }
        }
    }

    /// All hourglasses are one: the learned mask's, where one needs it.
    fn agree_on_levels(self, needs_base: bool) {
        let base = self.methods.base.facts.read_untracked();
        let of_base = base.as_ref().filter(|_| needs_base);
        let agreed = of_base.map_or(self.setup.read_untracked().levels, |facts| levels(facts.layers.len()));
        if self.methods.levels.get_value() != agreed {
            self.methods.levels.set_value(agreed);
            self.reset_those(|kind| kind.other_network().is_none());
        }
    }

    fn go_on_with(self, arm: Arm) {
        let Some(kind) = arm.kind.get_untracked() else { return };
        if arm.facts.read_untracked().is_none() {
            return self.ask_for_mask(arm, kind);
        }
        let lane = arm.lane;
        match lane.state.get_untracked() {
            _ if lane.run.get_value() == 0 => self.make_method_run(arm, kind),
            RunState::Idle if lane.facts.read_untracked().is_some() => self.play(lane),
            RunState::Paused => self.play(lane),
            _ => {}
        }
    }

    fn method_setup(self) -> Setup {
        Setup {
            levels: self.methods.levels.get_value(),
            ..self.setup.get_untracked().whole()
        }
    }

    fn ask_for_mask(self, arm: Arm, kind: Kind) {
        let making = arm.making.read_untracked().is_some();
        // Only this one can have been paused; asked for again, it goes on.
        if making && kind != Kind::Imp {
            return;
        }
        let method = match kind {
            Kind::Learned => {
                arm.slot.set_value(BASE);
                return self.take_method_mask(arm, self.methods.base.facts.get_untracked());
            }
            Kind::Shuffled(what) => MaskMethod::Shuffled { mask: BASE, what },
            Kind::Recipe => MaskMethod::Redrawn { mask: BASE },
            Kind::Pruned(method, scope) => MaskMethod::Pruned {
                method,
                scope,
                keep: self.methods.keep.get_untracked(),
            },
            Kind::Imp => MaskMethod::Imp {
                keep: self.methods.keep.get_untracked(),
                steps: self.methods.steps.get_untracked(),
            },
            Kind::Unmasked(fit) => MaskMethod::Everything { fit },
        };
        if !making {
            let slot = self.methods.last_slot.get_value() + 1;
            self.methods.last_slot.set_value(slot);
            arm.slot.set_value(slot);
            arm.making.set(Some((0, 0)));
        }
        let slot = arm.slot.get_value();
        let setup = self.method_setup();
        let request = Request::MakeMask {
            slot,
            picture: CHOSEN_PICTURE,
            // Not that of a link's recipe, which would be drawn as it was.
            seed: setup.init_seed + 1,
            setup,
            method,
        };
        self.send(&request, None);
    }

    fn make_method_run(self, arm: Arm, kind: Kind) {
        let job = match kind {
            Kind::Unmasked(fit) => Job::FitUnmasked { fit },
            _ => Job::Fit {
                mask: arm.slot.get_value(),
            },
        };
        let request = Request::Create {
            run: self.number(arm.lane),
            picture: CHOSEN_PICTURE,
            job,
            steps: arm.lane.steps.get_untracked(),
            setup: self.method_setup(),
            resumes: false,
            watched: false,
        };
        self.send(&request, None);
        self.methods.said.set(text::method_begins(text::method(kind)));
    }

    /// A method has its mask.
    fn take_method_mask(self, arm: Arm, facts: Option<MaskFacts>) {
        arm.making.set(None);
        arm.facts.set(facts);
        if untrack(|| arm.is_over()) {
            self.say_end(arm);
        }
        self.go_on_with_methods();
    }

    /// What concerns the mask of a slot, unless nobody waits for it any more.
    pub(in crate::page) fn hear_of_method_mask(self, slot: SlotId, reply: Reply, attachment: &JsValue) {
        let methods = self.methods;
        if slot == BASE {
            let wanted = methods.reading.get_value() == Some(methods.base_choices.get_value());
            methods.reading.set_value(None);
            match reply {
                // Another was chosen while this one was read.
                _ if !wanted => {}
                Reply::Mask { facts, .. } => methods.base.facts.set(Some(*facts)),
                Reply::MaskRefused { fault, .. } => {
                    methods.active.set(false);
                    self.take_fault(fault);
                }
                _ => {}
            }
            return self.go_on_with_methods();
        }
        let Some(arm) = methods.arm_at(slot) else { return };
        match reply {
            Reply::Making { done, total, .. } => arm.making.set(Some((done, total))),
            Reply::Mask { facts, .. } => {
                arm.file.set_value(attachment.clone());
                self.take_method_mask(arm, Some(*facts));
            }
            Reply::MaskRefused { fault, .. } if fault.kind == FaultKind::DeviceLost => self.lose_methods(fault),
            Reply::MaskRefused { fault, .. } => {
                arm.making.set(None);
                self.fail_method(arm, fault.message);
            }
            _ => {}
        }
    }

    /// What concerns a run of a method.
    pub(in crate::page) fn hear_of_method(self, arm: Arm, reply: Reply, attachment: &JsValue) {
        let lane = arm.lane;
        match reply {
            Reply::Created { .. } => {
                lane.hear(reply);
                let needs = lane.facts.get_untracked();
                match needs.filter(|facts| facts.bytes > facts.budget && !self.beyond_budget.get_untracked()) {
                    Some(facts) => self.fail_method(arm, text::method_too_large(facts.bytes, facts.budget)),
                    None => self.go_on_with_methods(),
                }
            }
            Reply::State { state, .. } => {
                lane.hear(reply);
                if state == RunState::Finished {
                    let run = lane.run.get_value();
                    self.send(&Request::Result { run }, None);
                }
                self.go_on_with_methods();
            }
            Reply::Png { .. } => {
                if !arm.take_png(attachment.clone()) {
                    arm.problem.set(Some(text::NO_ROOM.to_owned()));
                }
                self.free(arm);
                self.say_end(arm);
                self.go_on_with_methods();
            }
            Reply::Fault { fault, .. } if fault.kind == FaultKind::DeviceLost => self.lose_methods(fault),
            Reply::PngRefused { fault, .. } | Reply::Fault { fault, .. } => self.fail_method(arm, fault.message),
            _ => lane.hear(reply),
        }
    }

    /// Frees what the worker holds of a run that is over; its curve stays.
    fn free(self, arm: Arm) {
        let run = arm.lane.run.get_value();
        self.send(&Request::Drop { run }, None);
        arm.lane.run.set_value(0);
    }

    fn fail_method(self, arm: Arm, message: String) {
        self.free(arm);
        arm.problem.set(Some(message));
        self.say_end(arm);
        self.go_on_with_methods();
    }

    fn lose_methods(self, fault: Fault) {
        let was_active = self.methods.active.get_untracked();
        if !self.rebuild() {
            self.take_fault(fault);
        }
        self.methods.lost.set(was_active);
    }

    fn say_end(self, arm: Arm) {
        let Some(kind) = arm.kind.get_untracked() else { return };
        let words = untrack(|| text::method_ends(text::method(kind), arm.status(), &Standings::of(arm)));
        self.methods.said.set(words);
        self.keep_methods();
    }
}

impl Arm {
    /// Takes it back to before the start; its run and its mask are the worker's to free.
    fn forget(self) {
        if let Some(address) = self.picture.get_untracked() {
            // It was made here, so it is valid.
            let _ = Url::revoke_object_url(&address);
        }
        self.slot.set_value(0);
        self.making.set(None);
        self.facts.set(None);
        self.file.set_value(JsValue::NULL);
        self.png.set_value(JsValue::NULL);
        self.picture.set(None);
        self.problem.set(None);
        self.kept.set(None);
    }
}

impl Methods {
    /// A new worker has none of the masks and runs; what is over stays.
    pub fn clear(self) {
        self.active.set(false);
        self.reading.set_value(None);
        self.base.forget();
        self.base.facts.set(None);
        for arm in self.arms {
            arm.lane.run.set_value(0);
            if !untrack(|| arm.is_over()) {
                arm.lane.clear();
                arm.forget();
            }
        }
    }
}

/// The PSNR of an arm's fit, in dB.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Standings {
    /// The highest, and its step.
    pub best: Option<(u64, f64)>,
    pub last: Option<f64>,
    /// Of the picture that is returned.
    pub returned: Option<f64>,
}

impl Standings {
    pub fn of(arm: Arm) -> Self {
        let points = arm.lane.points.read();
        let curve = points.iter().filter_map(|point| Some((point.step, point.psnr?)));
        let last = points.last();
        Self {
            best: curve.max_by(|a, b| a.1.total_cmp(&b.1)),
            last: last.and_then(|point| point.psnr),
            returned: returned(&points).and_then(|point| point.average_psnr),
        }
    }
}
