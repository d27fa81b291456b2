"""Where each fact on semantics is tested: the list of facts, and a check that its tests exist.

A fact is one that peers get differently, or that is easily botched. Tests are named
``file::test``, relative to this folder; ``[x]`` names a row of a table in that test's file.
"""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent
KINKS = "test_semantics.py::test_kinks"
MORE = "test_semantics_transforms.py::"
BACK = "stateful/test_backward.py::"
NN = "nn/test_semantics.py::"

FACTS = {
    # kinks and singular points
    "max over ties splits; Tensor.max(dim) takes the first": [
        f"{KINKS}[max splits ties]",
        "stateful/test_against_torch.py::test_agrees[max dim]",
    ],
    "maximum at ties": [f"{KINKS}[maximum of x and x]", f"{KINKS}[maximum at a tie]"],
    "abs at 0, real and complex": [
        f"{KINKS}[abs at 0]",
        f"{MORE}test_abs_of_a_complex_zero_has_no_slope",
    ],
    "relu and maximum(x, 0) at 0": [f"{KINKS}[relu at 0]", f"{KINKS}[maximum with 0 at 0]"],
    "clip at its bounds": [
        f"{KINKS}[clip at the lower bound]",
        f"{KINKS}[clip at the upper bound]",
    ],
    "relu6 and hardtanh at their bounds": [f"{KINKS}[relu6 at 6]", f"{KINKS}[hard_tanh at 1]"],
    "sqrt at 0": [f"{KINKS}[sqrt at 0]"],
    "norm at 0, std of a constant": [f"{KINKS}[norm at 0]", f"{KINKS}[std of a constant]"],
    "where with a masked pole; detector and remedy": [
        f"{KINKS}[where with sqrt at 0]",
        f"{MORE}test_safe_where_remedies_a_masked_pole",
        "debug/test_nans.py::test_masked_branches",
    ],
    "integer powers at 0": [
        f"{KINKS}[x**2 at 0]",
        f"{KINKS}[x**0 at 0]",
        f"{KINKS}[x**-1 at 0]",
        "test_semantics.py::test_second_derivatives_at_kinks",
    ],
    "float powers at 0": [f"{KINKS}[x**0. at 0]", f"{KINKS}[0**y in y]", f"{KINKS}[(-1)**y in y]"],
    "powers of negative numbers": [f"{KINKS}[(-2)**3. in x]"],
    "products with zeros": [f"{KINKS}[prod with a zero]", f"{KINKS}[prod with two zeros]"],
    "order of ties; indices have no tangent": [
        "test_semantics.py::test_sort_is_stable_and_integer_outputs_have_no_tangent",
        "test_semantics.py::test_values_at_singular_points",
    ],
    "median of an even number": [
        f"{KINKS}[median of an even number]",
        "stateful/test_against_torch.py::test_agrees[median]",
    ],
    "logsumexp and logaddexp of -inf": [
        f"{KINKS}[logsumexp of -inf]",
        f"{KINKS}[logaddexp of -inf]",
    ],
    "xlogy at (0, 0)": [f"{KINKS}[xlogy at (0, 0)]"],
    "arctan2 and hypot at the origin": [
        f"{KINKS}[arctan2 at the origin]",
        f"{KINKS}[hypot at the origin]",
    ],
    "sinc, softplus, log_sigmoid; naive formulas": [
        f"{KINKS}[sinc at 0]",
        f"{KINKS}[softplus at 1e3]",
        f"{KINKS}[softplus at -1e3]",
        f"{KINKS}[log_sigmoid at 0]",
        f"{MORE}test_naive_formulas_are_the_users",
    ],
    "det of a singular matrix": [f"{KINKS}[det of a singular matrix]"],
    "degenerate eigenvalues and eigenvectors": [
        "test_semantics.py::test_eigenvalues_of_a_degenerate_matrix",
        "prims/test_linalg.py::test_equal_eigenvalues",
        "prims/test_linalg.py::test_projector_on_an_eigenspace_with_masked_gaps",
    ],
    "gradient of cholesky": ["test_semantics.py::test_cholesky_gradient_is_symmetric"],
    "floor, round, sign, mod": [
        f"{KINKS}[floor]",
        f"{KINKS}[round]",
        f"{KINKS}[sign]",
        f"{KINKS}[mod in x]",
        f"{KINKS}[mod in y]",
    ],
    "scatter with duplicates: set, multiply, max": [
        "test_semantics.py::test_scatter_duplicates",
        f"{MORE}test_products_meeting_in_one_place_have_exclusive_gradients",
    ],
    "var of one value": [
        "test_semantics.py::test_var_with_too_few_degrees_of_freedom_warns_and_is_nan",
        "stateful/test_creation.py::test_variance_of_one_value_is_nan",
    ],
    # transforms
    "batched cond is NaN-safe": [
        "test_semantics.py::test_batched_cond_is_nan_safe",
        "transforms/test_cond.py::test_branch_not_taken_cannot_spoil_a_gradient",
    ],
    "an unmapped predicate stays a choice": [
        f"{MORE}test_a_mapped_operand_leaves_an_unmapped_predicate_a_choice",
        "transforms/test_cond.py::test_predicate_mapped_only_by_broadcasting_is_unmapped",
    ],
    "effects in mapped branches": [
        f"{MORE}test_effects_in_mapped_branches_fire_in_their_own_lanes",
        "transforms/test_scan.py::test_effect_in_a_mapped_while_fires_only_in_active_lanes",
    ],
    "batched while freezes finished lanes": [
        "test_semantics.py::test_batched_while_freezes_finished_lanes",
        "transforms/test_while.py::test_every_leaf_of_a_finished_lane_is_frozen",
        "transforms/test_while.py::test_garbage_in_finished_lanes_has_no_derivative",
    ],
    "out_axes, axis_size, in_axes of vmap": [
        "transforms/test_vmap.py::test_constant_outputs_broadcast_and_none_means_unmapped",
        "transforms/test_vmap.py::test_axis_size",
        "transforms/test_vmap.py::test_errors_name_arguments",
        "transforms/test_vmap.py::test_axes",
        "transforms/test_vmap.py::test_pytree_prefixes",
    ],
    "vmap of indices, operands, updates": [
        "prims/test_indexing.py::test_gather",
        "prims/test_scatter.py::test_rules",
        "test_semantics.py::test_dynamic_slice_wraps_once_then_clamps_each_lane",
    ],
    "indices out of bounds": [
        "test_semantics.py::test_out_of_bounds_indices",
        f"{MORE}test_clamped_and_dropped_positions_have_the_gradient_of_what_was_read",
        "numpy/test_index_functions.py::test_take_fills_and_raises",
    ],
    "reverse mode of scan": [
        "transforms/test_scan.py::test_only_changing_residuals_are_stacked",
        "test_semantics.py::test_scan_constants_sum_over_steps",
        "test_semantics.py::test_scan_of_length_zero_is_the_identity",
        f"{MORE}test_reversed_scans_flip_inputs_and_outputs",
        f"{MORE}test_scans_without_inputs_or_outputs",
        f"{MORE}test_carries_that_are_not_differentiated_have_no_tangent",
    ],
    "dtypes of carries": [
        "test_semantics.py::test_scan_carry_types_must_match",
        f"{MORE}test_weak_types_are_dropped_by_casts_and_carries",
    ],
    "while and fori loops in both modes": [
        f"{MORE}test_while_loops_have_both_modes",
        "test_semantics.py::test_fori_loop_with_static_bounds_is_reversible",
    ],
    "custom_vjp: what runs when": [
        f"{MORE}test_fwd_does_not_run_when_nothing_is_differentiated",
        "transforms/test_custom.py::test_custom_vjp_in_every_transform",
        "transforms/test_jax_parity.py::test_custom_vjp_under_every_forward_transform",
    ],
    "custom_vjp: second derivatives": [
        f"{MORE}test_second_derivatives_are_those_of_the_custom_gradient"
    ],
    "custom_vjp: integers, wrong structures, static arguments": [
        "transforms/test_custom.py::test_custom_vjp_integer_and_none_cotangents",
        "transforms/test_custom.py::test_custom_vjp_errors_name_the_leaf",
        "transforms/test_custom.py::test_nondiff_argnums_of_custom_vjp",
    ],
    "custom_jvp: linear in tangents, symbolic zeros": [
        "transforms/test_custom.py::test_custom_jvp_in_every_transform",
        "transforms/test_custom.py::test_custom_jvp_errors",
    ],
    "checkpoint is bit-identical and really recomputes": [
        f"{MORE}test_recomputation_uses_the_same_random_numbers",
        f"{MORE}test_effects_of_a_recomputed_region_run_twice",
        "transforms/test_custom.py::test_checkpoint_recomputes_and_is_identical",
        "compile/test_dense.py::test_step_under_checkpoint_recomputes_in_blocks",
    ],
    "linear transposes": [
        f"{MORE}test_transposes[convert]",
        f"{MORE}test_transposes[broadcast of length 1]",
        f"{MORE}test_transposes[negative padding]",
        f"{MORE}test_transposes[cumsum]",
        f"{MORE}test_transposes[select]",
        f"{MORE}test_maxima_are_not_linear",
    ],
    "perturbation confusion": [
        "transforms/test_nesting.py::test_perturbation_confusion",
        "transforms/test_nesting.py::test_the_shift_example",
    ],
    "jit: closures, keys of the cache, static arguments, derivatives, donation": [
        f"{MORE}test_closed_over_arrays_are_read_when_the_function_runs",
        "transforms/test_jit.py::test_records_once_for_each_type",
        "transforms/test_jit.py::test_unhashable_static_argument",
        "transforms/test_jit.py::test_jit_is_differentiated_through",
        "compile/test_donation.py::test_nothing_is_overwritten_unless_donated",
    ],
    "later writes to inputs do not show": [
        f"{MORE}test_writes_after_vjp_and_linearize_do_not_show"
    ],
    "random numbers under vmap": [
        f"{MORE}test_random_numbers_under_vmap_are_by_key",
        "nn/test_functional_call.py::test_dropout_needs_a_key_under_vmap_and_jit",
    ],
    "collectives": ["test_semantics.py::test_psum_transposes_to_psum"],
    # dtypes
    "promotion": [
        "test_semantics.py::test_promotion_is_numpys",
        "test_semantics.py::test_promotion_of_traced_operands_is_numpys",
        "stateful/test_against_torch.py::test_promotion_table",
    ],
    "gradients have the dtype of their inputs": [
        "test_semantics.py::test_cotangents_never_upcast",
        f"{MORE}test_float_parameters_keep_their_dtype_beside_wider_constants",
        "transforms/test_gradient.py::test_weak_type_survives_grad_and_jit",
    ],
    "integers have no derivative": [
        "transforms/test_jax_parity.py::test_integers_have_no_derivative",
        "transforms/test_gradient.py::test_integer_inputs",
        f"{MORE}test_batch_counters_are_never_differentiated",
    ],
    "complex numbers": [
        "test_semantics.py::test_complex_conventions",
        "transforms/test_gradient.py::test_holomorphic_needs_complex",
        f"{BACK}test_complex_gradients_are_torchs",
    ],
    "machine code has NumPy's semantics": [
        f"{MORE}test_machine_code_has_numpys_semantics[isnan survives]",
        f"{MORE}test_machine_code_has_numpys_semantics[integer division]",
        f"{MORE}test_machine_code_has_numpys_semantics[half to even]",
        f"{MORE}test_machine_code_has_numpys_semantics[not contiguous]",
        f"{MORE}test_read_only_arguments",
    ],
    # Tensors and training
    "backward: when it raises, what it fills": [
        f"{BACK}test_backward_needs_a_scalar_or_a_gradient",
        f"{BACK}test_second_backward_raises_where_something_was_saved",
        f"{BACK}test_gradients_accumulate",
        f"{BACK}test_non_leaf_grad_is_none_unless_retained",
        f"{BACK}test_inputs_writes_only_there",
        f"{BACK}test_create_graph_through_saved_results",
        f"{BACK}test_grad_of_unused",
        f"{BACK}test_only_floats_require_gradients",
    ],
    "writing in place": [
        f"{BACK}test_in_place_on_a_leaf_raises",
        f"{BACK}test_version_counter",
        f"{BACK}test_detach_shares_versions",
    ],
    "arrays of Tensors; zero_grad; skipped parameters": [
        f"{BACK}test_numpy_of_a_tracked_tensor_raises",
        "optim/test_optim.py::test_zero_grad",
        "optim/test_optim.py::test_parameters_without_gradient_are_skipped",
    ],
    "no_grad and inference_mode": [
        "test_semantics.py::test_no_grad_inside_and_outside_a_functional_gradient",
        f"{BACK}test_inference_mode_raises_rather_than_giving_zeros",
    ],
    "BatchNorm": [
        f"{NN}test_batch_norm_statistics",
        f"{NN}test_batch_norm_uses_the_biased_variance",
        f"{NN}test_batch_norm_updates_under_no_grad_and_not_in_eval",
        f"{NN}test_batch_norm_of_one_value_raises",
        f"{NN}test_batch_norm_without_tracking_has_no_buffers",
        f"{NN}test_cumulative_average",
        "nn/test_module.py::test_old_checkpoints_without_num_batches_tracked",
    ],
    "SGD": [
        "optim/test_optim.py::test_sgd_by_hand",
        "optim/test_optim.py::test_a_changed_rate_does_not_rescale_the_buffer",
    ],
    "MaxPool": [
        f"{NN}test_max_pool_ties_go_to_the_first",
        "prims/test_window.py::test_nan_wins_and_minus_infinity_stays",
        "prims/test_window.py::test_second_derivative_goes_through_the_winner",
    ],
    "AvgPool": [f"{NN}test_avg_pool_counts_padding"],
    "CrossEntropy": [f"{NN}test_cross_entropy_of_ignored_targets_only_is_nan"],
    "initial values": [f"{NN}test_default_bounds", "models/test_resnet.py::test_initialisation"],
    "ResNet-18": [
        "models/test_resnet.py::test_architecture",
        "models/test_resnet.py::test_sizes",
        "models/test_resnet.py::test_same_names_order_and_shapes_as_torch",
    ],
    "preprocessing": ["models/test_resnet.py::test_preprocessing"],
    ".pth files, both formats": [
        "io/test_checkpoint_files.py::test_zip_by_hand",
        "io/test_checkpoint_files.py::test_legacy_by_hand",
        "io/test_checkpoint_files.py::test_ties_survive_and_slices_shrink",
    ],
}


@pytest.mark.parametrize("fact", FACTS)
def test_is_tested(fact):
    for name in FACTS[fact]:
        file, _, test = name.partition("::")
        test, _, row = test.partition("[")
        source = (HERE / file).read_text()
        functions = {n.name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)}
        assert test in functions, f"{file} has no {test}"
        assert not row or f'"{row[:-1]}"' in source, f"{file} has no row {row[:-1]!r}"
