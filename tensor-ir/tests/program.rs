//! The reference interpreter and the text of programs.

use formwork_ir::{
    Access, Check, Const, DType, Failed, Input, Intrinsic, Level, Output, Pieces, Program, ReduceOp, Step, StepOp,
    Value,
};

fn access(strides: &[isize]) -> Access {
    Access { offset: 0, strides: strides.to_vec(), bounds: Vec::new() }
}

fn step(op: StepOp, dtype: DType, level: Level) -> Step {
    Step { op, dtype, level }
}

fn bytes(x: &[f32]) -> Vec<u8> {
    x.iter().flat_map(|x| x.to_ne_bytes()).collect()
}

fn floats(b: &[u8]) -> Vec<f32> {
    b.chunks(4).map(|c| f32::from_ne_bytes(c.try_into().unwrap())).collect()
}

/// `y[i, r] = x[i, r] / sum over r of x[i, r]`.
fn normalise() -> Program {
    Program {
        outer: vec![2],
        row: vec![3],
        inputs: vec![Input { buffer: 0, dtype: DType::F32, access: access(&[3, 1]) }],
        steps: vec![
            step(StepOp::Load(0), DType::F32, Level::Full),
            step(StepOp::Reduce(ReduceOp::Sum, Value(0)), DType::F32, Level::Outer),
            step(StepOp::Apply(Intrinsic::Div, vec![Value(0), Value(1)]), DType::F32, Level::Full),
        ],
        outputs: vec![Output { buffer: 1, value: Value(2), access: access(&[3, 1]) }],
    }
}

#[test]
fn a_row_program_runs_and_prints() {
    let mut buffers = vec![bytes(&[1.0, 2.0, 5.0, 4.0, 0.0, 4.0]), vec![0; 24]];
    assert_eq!(normalise().reference(&mut buffers, &[]), None);
    assert_eq!(floats(&buffers[1]), [0.125, 0.25, 0.625, 0.5, 0.0, 0.5]);
    let text = "program [2] x [3] {
    v0: f32* = load b0[3 i0 + r0]
    v1: f32 = reduce sum v0
    v2: f32* = div v0, v1
    store b1[3 i0 + r0] = v2
}";
    assert_eq!(normalise().to_string(), text);
}

#[test]
fn bounds_pad_with_zeros() {
    let padded = Access { offset: -1, strides: vec![1], bounds: vec![(1, 4)] };
    let program = Program {
        outer: vec![5],
        row: vec![],
        inputs: vec![Input { buffer: 0, dtype: DType::F32, access: padded }],
        steps: vec![step(StepOp::Load(0), DType::F32, Level::Outer)],
        outputs: vec![Output { buffer: 1, value: Value(0), access: access(&[1]) }],
    };
    let mut buffers = vec![bytes(&[7.0, 8.0, 9.0]), vec![1; 20]];
    program.reference(&mut buffers, &[]);
    assert_eq!(floats(&buffers[1]), [0.0, 7.0, 8.0, 9.0, 0.0]);
    assert!(program.to_string().contains("load b0[i0 + -1] where 1 <= i0 < 4"), "{program}");
}

#[test]
fn an_index_out_of_range_fails_its_check_and_reads_zero() {
    let program = Program {
        outer: vec![3],
        row: vec![],
        inputs: vec![
            Input { buffer: 0, dtype: DType::I64, access: access(&[1]) },
            Input { buffer: 1, dtype: DType::F32, access: access(&[0]) },
        ],
        steps: vec![
            step(StepOp::Load(0), DType::I64, Level::Outer),
            step(
                StepOp::Index { input: 1, index: Value(0), stride: 2, len: 2, check: Check { id: 4 } },
                DType::F32,
                Level::Outer,
            ),
        ],
        outputs: vec![Output { buffer: 2, value: Value(1), access: access(&[1]) }],
    };
    let index: Vec<u8> = [1_i64, -1, 2].iter().flat_map(|i| i.to_ne_bytes()).collect();
    let mut buffers = vec![index, bytes(&[1.0, 2.0, 3.0]), vec![1; 12]];
    assert_eq!(program.reference(&mut buffers, &[]), Some(Failed { check: 4, at: 1, value: -1 }));
    assert_eq!(floats(&buffers[2]), [3.0, 0.0, 0.0]);
}

#[test]
fn sums_have_the_canonical_order() {
    // 2^24 absorbs ones that are added to it one by one, so the order shows in the result.
    let n = 3 * Program::SUM_CHUNK + 100;
    let mut x = vec![1.0_f32; n];
    x[0] = 16_777_216.0;
    let program = Program {
        outer: vec![],
        row: vec![n],
        inputs: vec![Input { buffer: 0, dtype: DType::F32, access: access(&[1]) }],
        steps: vec![
            step(StepOp::Load(0), DType::F32, Level::Full),
            step(StepOp::Reduce(ReduceOp::Sum, Value(0)), DType::F32, Level::Outer),
        ],
        outputs: vec![Output { buffer: 1, value: Value(1), access: access(&[0]) }],
    };
    let mut buffers = vec![bytes(&x), vec![0; 4]];
    program.reference(&mut buffers, &[]);
    // Lane 0 of the first chunk absorbs its 31 ones; its other 15 lanes have 32 each. Then chunks:
    // (first + 512) + (512 + 100).
    assert_eq!(floats(&buffers[1]), [16_777_216.0 + 480.0 + 512.0 + 612.0]);
}

#[test]
fn reductions_of_nothing_and_of_nans() {
    let reduce = |op: ReduceOp, dtype: DType, x: &[f32]| {
        let program = Program {
            outer: vec![],
            row: vec![x.len()],
            inputs: vec![Input { buffer: 0, dtype: DType::F32, access: access(&[1]) }],
            steps: vec![
                step(StepOp::Load(0), DType::F32, Level::Full),
                step(StepOp::Reduce(op, Value(0)), dtype, Level::Outer),
                step(StepOp::Cast(Value(1)), DType::F32, Level::Outer),
            ],
            outputs: vec![Output { buffer: 1, value: Value(2), access: access(&[0]) }],
        };
        let mut buffers = vec![bytes(x), vec![0; 4]];
        program.reference(&mut buffers, &[]);
        floats(&buffers[1])[0]
    };
    let nan = f32::NAN;
    assert_eq!(reduce(ReduceOp::Sum, DType::F32, &[]), 0.0);
    assert_eq!(reduce(ReduceOp::Prod, DType::F32, &[]), 1.0);
    assert_eq!(reduce(ReduceOp::Max, DType::F32, &[]), f32::NEG_INFINITY);
    assert_eq!(reduce(ReduceOp::Max, DType::F32, &[1.0, 3.0, 2.0]), 3.0);
    assert!(reduce(ReduceOp::Min, DType::F32, &[1.0, nan, 2.0]).is_nan());
    assert_eq!(reduce(ReduceOp::ArgMax, DType::I64, &[1.0, 3.0, 3.0]), 1.0);
    assert_eq!(reduce(ReduceOp::ArgMin, DType::I64, &[1.0, nan, nan]), 1.0);
    assert_eq!(reduce(ReduceOp::Prod, DType::F32, &[2.0, 3.0, 4.0]), 24.0);
}

#[test]
fn every_step_prints() {
    let mut program = normalise();
    let more = [
        (StepOp::Iota(access(&[1, 0])), DType::I64, Level::Outer, "v3: i64 = iota i0"),
        (StepOp::Const(Const::new(DType::F32, 0.1)), DType::F32, Level::Outer, "v4: f32 = 0.1"),
        (StepOp::Arg(2), DType::F32, Level::Outer, "v5: f32 = arg a2"),
        (StepOp::Cast(Value(3)), DType::F32, Level::Outer, "v6: f32 = cast v3"),
        (StepOp::Const(Const::new(DType::Bool, 1.0)), DType::Bool, Level::Outer, "v7: bool = true"),
        (StepOp::Check(Value(7), Check { id: 3 }), DType::Bool, Level::Outer, "v8: bool = check v7 or fail 3"),
        (
            StepOp::Index { input: 0, index: Value(3), stride: 1, len: 6, check: Check { id: 0 } },
            DType::F32,
            Level::Full,
            "v9: f32* = index b0[3 i0 + r0 + v3] where v3 < 6 or fail 0",
        ),
    ];
    for (op, dtype, level, text) in more {
        program.steps.push(step(op, dtype, level));
        assert!(program.to_string().lines().any(|l| l.trim() == text), "no `{text}` in\n{program}");
    }
}

/// A program over `[4, 6]` that chooses by the last index between loads with these bounds.
fn choice(ends: &[i64], bounds: &[(isize, isize)]) -> Program {
    let mut program = Program { outer: vec![4, 6], ..Program::default() };
    let mut push = |op: StepOp, dtype: DType| {
        program.steps.push(Step { op, dtype, level: Level::Outer });
        Value(program.steps.len() as u32 - 1)
    };
    let mut joined = push(StepOp::Load(0), DType::F32);
    for (i, end) in ends.iter().enumerate() {
        let place = push(StepOp::Iota(Access { offset: 1, strides: vec![0, 2], bounds: vec![] }), DType::I64);
        // 1 + 2 i < 2 end, which i < end is as well.
        let number = push(StepOp::Const(Const::int(DType::I64, 2 * end)), DType::I64);
        let is_before = push(StepOp::Apply(Intrinsic::Lt, vec![place, number]), DType::Bool);
        let next = push(StepOp::Load(i as u32 + 1), DType::F32);
        joined = push(StepOp::Apply(Intrinsic::Select, vec![is_before, joined, next]), DType::F32);
    }
    let access = |b: &(isize, isize)| Access { offset: 0, strides: vec![6, 1], bounds: vec![(0, 4), *b] };
    program.inputs = bounds.iter().map(|b| Input { buffer: 0, dtype: DType::F32, access: access(b) }).collect();
    program
}

#[test]
fn a_choice_between_loads_that_do_not_meet_is_put_together() {
    let pieces = |ends: &[i64], bounds: &[(isize, isize)]| {
        let program = choice(ends, bounds);
        program.pieces(program.steps.len() - 1)
    };
    let found = |inputs: &[u32], is_whole| Some(Pieces { inputs: inputs.to_vec(), is_whole, fill: None });
    assert_eq!(pieces(&[2], &[(0, 2), (2, 6)]), found(&[0, 1], true));
    assert_eq!(pieces(&[2, 5], &[(0, 2), (2, 5), (5, 6)]), found(&[0, 1, 2], true));
    assert_eq!(pieces(&[3], &[(0, 2), (3, 6)]), found(&[0, 1], false));
    // What lies on the other side of the bound would be seen, or seen where it is not chosen.
    assert_eq!(pieces(&[2], &[(0, 3), (2, 6)]), None);
    assert_eq!(pieces(&[2], &[(0, 2), (1, 6)]), None);
    assert_eq!(pieces(&[], &[(0, 6)]), None);
}
