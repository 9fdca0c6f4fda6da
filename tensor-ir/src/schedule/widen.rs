//! Programs in 16-bit floats compute in f32 here: what is loaded is widened, what is stored is rounded, and nothing
//! between. That is a rounding less for each step than the CPU has, and a GPU is too slow at roundings to keep up with its
//! memory. A cast to a 16-bit type that the program asks for is a rounding all the same.

use crate::{DType, Program, Step, StepOp, Value};

fn is_narrow(dtype: DType) -> bool {
    matches!(dtype, DType::F16 | DType::BF16)
}

/// `program` without arithmetic on 16-bit floats.
pub(super) fn widened(program: &Program) -> Program {
    if !program.steps.iter().any(|s| is_narrow(s.dtype)) {
        return program.clone();
    }
    let mut steps: Vec<Step> = Vec::with_capacity(2 * program.steps.len());
    // By step: its value, in f32 if it was a 16-bit float.
    let mut wide: Vec<Value> = Vec::with_capacity(program.steps.len());
    let push = |steps: &mut Vec<Step>, step: Step| {
        steps.push(step);
        Value(steps.len() as u32 - 1)
    };
    for step in &program.steps {
        let mut new = step.clone();
        match &mut new.op {
            StepOp::Index { index: v, .. } | StepOp::Cast(v) | StepOp::Reduce(_, v) | StepOp::Check(v, _) => {
                *v = wide[v.0 as usize];
            }
            StepOp::Apply(_, args) => args.iter_mut().for_each(|v| *v = wide[v.0 as usize]),
            StepOp::Const(c) if is_narrow(step.dtype) => *c = crate::Const::of(DType::F32, c.scalar()),
            StepOp::Load(_) | StepOp::Iota(_) | StepOp::Const(_) | StepOp::Arg(_) => {}
        }
        if !is_narrow(step.dtype) {
            wide.push(push(&mut steps, new));
            continue;
        }
        let level = step.level;
        let stays = matches!(new.op, StepOp::Load(_) | StepOp::Index { .. } | StepOp::Cast(_) | StepOp::Arg(_));
        if !stays {
            new.dtype = DType::F32;
        }
        let value = push(&mut steps, new);
        wide.push(match stays {
            true => push(&mut steps, Step { op: StepOp::Cast(value), dtype: DType::F32, level }),
            false => value,
        });
    }
    let mut outputs = program.outputs.clone();
    for output in &mut outputs {
        let Step { dtype, level, .. } = program.steps[output.value.0 as usize];
        let value = wide[output.value.0 as usize];
        output.value = match is_narrow(dtype) {
            true => push(&mut steps, Step { op: StepOp::Cast(value), dtype, level }),
            false => value,
        };
    }
    Program { steps, outputs, ..program.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Access, Input, Intrinsic, Level, Output};

    #[test]
    fn what_is_between_a_load_and_a_store_is_f32() {
        let access = Access { offset: 0, strides: vec![1], bounds: vec![] };
        let step = |op, dtype| Step { op, dtype, level: Level::Outer };
        let program = Program {
            outer: vec![8],
            row: vec![],
            inputs: vec![Input { buffer: 0, dtype: DType::BF16, access: access.clone() }],
            steps: vec![
                step(StepOp::Load(0), DType::BF16),
                step(StepOp::Apply(Intrinsic::Exp, vec![Value(0)]), DType::BF16),
                step(StepOp::Apply(Intrinsic::Add, vec![Value(1), Value(0)]), DType::BF16),
            ],
            outputs: vec![Output { buffer: 1, value: Value(2), access }],
        };
        let wide = widened(&program);
        let types: Vec<DType> = wide.steps.iter().map(|s| s.dtype).collect();
        assert_eq!(types, [DType::BF16, DType::F32, DType::F32, DType::F32, DType::BF16]);
        assert_eq!(wide.steps[3].op, StepOp::Apply(Intrinsic::Add, vec![Value(2), Value(1)]));
        assert_eq!(wide.outputs[0].value, Value(4));
    }
}
