//! The self-test that people run in their browsers: it passes on this device, and it would notice what is wrong.

use optimal_eye_surgeon::self_test::SelfTest;
use optimal_eye_surgeon::train::Backend;

use crate::context;

#[test]
fn the_self_test_passes_here() {
    let mut test = SelfTest::new(Backend::Gpu(context()));
    let mut told = Vec::new();
    while let Some(progress) = pollster::block_on(test.advance()).expect("a device") {
        told.push(progress);
        assert_eq!(test.report().passed(), progress.0 == progress.1, "{:#?}", test.report());
    }
    assert_eq!(told.len(), 6);
    let report = test.report();
    for checked in &report.checked {
        assert!(checked.dispatches > 30 && checked.steps.len() == 4);
    }
    // Two orders of summation cannot agree everywhere to the last bit: if they did, nothing was compared.
    assert!(
        report
            .checked
            .iter()
            .all(|checked| checked.furthest.as_ref().is_some_and(|f| f.share > Some(0.0)))
    );
}
