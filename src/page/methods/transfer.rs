//! The transfer table: what the mask of one picture reached on another, as a heat map whose cells open as runs in Denoise.

use leptos::prelude::*;

use crate::catalogue::{Preset, Sample};
use crate::measured::{Matrix, Measured, SampleResult};
use crate::page::mask_slot::MaskChoice;
use crate::page::picture_choice::PictureChoice;
use crate::page::route::Route;
use crate::page::state::Studio;
use crate::page::text;
use crate::picture::Noise;
use crate::worker::protocol::{Framing, Seen};

#[component]
pub fn Transfer(studio: Studio) -> impl IntoView {
    let (presets, samples) = studio
        .catalogue
        .with_value(|all| (all.presets.clone(), all.samples.clone()));
    // The tests read the file, so a build that passed them has a good one.
    let measured = Measured::built_in().ok();
    let matrix = measured.as_ref().and_then(Measured::matrix);
    let setting = matrix.as_ref().map(text::transfer_setting);
    let column = |sample: &Sample| view! { <th scope="col">{sample.title.clone()}</th> };
    let row = |preset: &Preset| {
        let of_sample = |sample: &Sample| {
            let found = matrix.as_ref();
            let result = found.and_then(|matrix| matrix.cells.get(&(&*preset.id, &*sample.id)));
            let heat = result.and_then(|result| heat(matrix.as_ref()?, result));
            cell(studio, preset, sample, result.map(|result| (*result).clone()), heat)
        };
        view! { <tr><th scope="row">{preset.title.clone()}</th>{samples.iter().map(of_sample).collect_view()}</tr> }
    };
    view! {
        <section class="transfer card" aria-labelledby="transfer-title">
            <h2 id="transfer-title">{text::TRANSFER}</h2>
            <p>{text::TRANSFER_INTRO}</p>
            <p class="facts" id="transfer-facts">{setting.unwrap_or_else(|| text::TRANSFER_NONE.to_owned())}</p>
            <div class="scrolls" tabindex="0" role="region" aria-label=text::TRANSFER_TABLE>
                <table>
                    <thead><tr>
                        <th scope="col">{text::TRANSFER_CORNER}</th>
                        {samples.iter().map(column).collect_view()}
                    </tr></thead>
                    <tbody>{presets.iter().map(row).collect_view()}</tbody>
                </table>
            </div>
        </section>
    }
}

/// Where a result lies among those of its picture: 0 for the least, 100 for the highest. Pictures differ by more than masks do.
fn heat(matrix: &Matrix<'_>, result: &SampleResult) -> Option<f64> {
    let same = || matrix.cells.values().filter(|other| other.sample == result.sample);
    let means = || same().map(|other| other.mean);
    let (least, most) = (means().fold(f64::INFINITY, f64::min), means().fold(0.0, f64::max));
    (most > least).then(|| 100.0 * (result.mean - least) / (most - least))
}

fn cell(
    studio: Studio,
    preset: &Preset,
    sample: &Sample,
    result: Option<SampleResult>,
    heat: Option<f64>,
) -> impl IntoView + use<> {
    let words = text::transfer_cell(&preset.title, &sample.title);
    let figure = match &result {
        Some(result) => text::trimmed(result.mean, 2),
        None => text::TRANSFER_OPEN.to_owned(),
    };
    let (mask, sample) = (preset.id.clone(), sample.clone());
    let open = move |_| studio.open_transfer(&mask, &sample, result.as_ref());
    view! {
        <td style:--heat=heat.map(|heat| heat.round().to_string())>
            <button type="button" class="plain" disabled=move || studio.is_busy() on:click=open>
                {figure}<span class="for-readers">{words}</span>
            </button>
        </td>
    }
}

impl Studio {
    /// Opens a mask and a sample in Denoise, set as the result was measured where there is one.
    fn open_transfer(self, mask: &str, sample: &Sample, result: Option<&SampleResult>) {
        self.go(Route::Denoise);
        self.choose_picture(PictureChoice::Sample(sample.id.clone()));
        if let Some(result) = result {
            let [fit, ..] = self.fits;
            fit.lane.steps.set(result.steps);
            let whole = sample.width.max(sample.height);
            let size = result.size.and_then(|size| usize::try_from(size).ok());
            self.setup.update(|setup| {
                setup.seen = Seen::Whole;
                setup.noise = Some(Noise::Gaussian { sigma: result.sigma });
                setup.framing = Framing::Crop;
            });
            self.choose_size(size.unwrap_or(whole));
        }
        self.choose_mask(self.fits[0].mask, MaskChoice::Preset(mask.to_owned()));
    }
}
