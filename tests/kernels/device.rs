//! The executor itself: counting steps, keeping to a budget, and failing with an error rather than a panic or a hang.

use std::time::Duration;

use optimal_eye_surgeon::engine::{EngineError, Executor};
use optimal_eye_surgeon::gpu::{BuildOptions, GpuContext, GpuExecutor};
use optimal_eye_surgeon::kernels::advance::Advance;
use optimal_eye_surgeon::step::{Step, StepBuilder, TensorId};

use crate::context;

const LONG: Duration = Duration::from_secs(60);

/// A step that counts twice.
fn counting() -> (Step, TensorId) {
    let mut builder = StepBuilder::new();
    let counter = builder.persistent("counter", 1);
    builder.push("a", Advance {}, &[counter.into()]);
    builder.push("b", Advance {}, &[counter.into()]);
    (builder.finish(1 << 20).expect("small"), counter)
}

fn build(context: &GpuContext, step: &Step) -> Result<GpuExecutor, EngineError> {
    pollster::block_on(GpuExecutor::build(context, step, &BuildOptions::default(), |_, _| {}))
}

#[test]
fn steps_are_counted_and_stop_at_the_budget() {
    let context = context();
    let (step, counter) = counting();
    let mut executor: Executor = build(&context, &step).expect("one kernel").into();
    pollster::block_on(async {
        assert_eq!(executor.run(1000, LONG).await, Ok(1000));
        assert_eq!(executor.read(counter).await, Ok(vec![2000.0]));
        executor.write(counter, &[7.0]).expect("one value");
        let done = executor
            .run(1_000_000, Duration::from_millis(30))
            .await
            .expect("a device");
        assert!((1..1_000_000).contains(&done), "{done}");
        executor.settle().await.expect("a device");
        assert_eq!(executor.read(counter).await, Ok(vec![7.0 + 2.0 * done as f32]));
    });
}

#[test]
fn pipelines_are_compiled_once_for_each_text() {
    let context = context();
    let (step, _) = counting();
    let mut told = Vec::new();
    let options = BuildOptions::default();
    let built = pollster::block_on(GpuExecutor::build(&context, &step, &options, |done, total| {
        told.push((done, total));
    }));
    assert!(built.is_ok());
    assert_eq!(told, [(1, 1)]);
}

#[test]
fn a_lost_device_is_an_error() {
    let context = context();
    let (step, counter) = counting();
    let mut executor: Executor = build(&context, &step).expect("one kernel").into();
    context.device.destroy();
    let lost = |result: Result<(), EngineError>| {
        assert!(matches!(result, Err(EngineError::DeviceLost { .. })), "{result:?}");
    };
    pollster::block_on(async {
        lost(executor.run(10, LONG).await.map(drop));
        lost(executor.read(counter).await.map(drop));
        lost(executor.settle().await);
    });
    lost(build(&context, &step).map(drop));
    assert!(context.is_lost());
}

#[test]
fn what_the_device_does_not_allow_is_named() {
    let context = context();
    let words = context.capabilities.max_binding as usize / 4 + 64;
    let mut builder = StepBuilder::new();
    let counter = builder.persistent("counter", words);
    builder.push("a", Advance {}, &[counter.into()]);
    let step = builder.finish(8 * words as u64).expect("a slab of any size");
    let error = build(&context, &step).map(drop).expect_err("too large for a binding");
    assert!(
        matches!(&error, EngineError::Limit { needed, .. } if *needed == 4 * words as u64),
        "{error}"
    );
}

#[test]
fn values_have_to_fill_their_tensor() {
    let context = context();
    let (step, counter) = counting();
    let mut executor = build(&context, &step).expect("one kernel");
    let error = executor.write(counter, &[1.0, 2.0]).expect_err("two values for one");
    assert_eq!(
        error,
        EngineError::Shape {
            label: "counter",
            expected: 1,
            found: 2
        }
    );
}

#[test]
fn profiles_name_kernels_and_layers() {
    let context = context();
    let (step, counter) = counting();
    let mut executor = build(&context, &step).expect("one kernel");
    let profile = pollster::block_on(executor.profile()).expect("a device");
    assert_eq!(profile.is_some(), context.capabilities.timestamps);
    for time in profile.iter().flatten() {
        assert_eq!((time.kernel, time.dispatches), ("advance", 1));
        assert!(["a", "b"].contains(&time.layer.as_str()));
    }
    if profile.is_some() {
        let read = executor.start_read(counter).expect("a device");
        assert_eq!(pollster::block_on(read.finish::<f32>()), Ok(vec![2.0]));
    }
}

#[test]
fn an_unknown_adapter_is_named() {
    let error = pollster::block_on(GpuContext::native(Some("no such adapter")))
        .map(drop)
        .expect_err("no such adapter");
    assert!(matches!(error, EngineError::UnknownAdapter { .. }), "{error}");
}
