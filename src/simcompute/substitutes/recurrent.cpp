// Owns: the fused cells that nn.LSTM and nn.GRU are made of on a GPU (without cuDNN), and their
// backward passes. Formulas and layout of the workspaces: aten/src/ATen/native/cuda/RNN.cu, 2.11.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros_like.h>

#include <tuple>
#include <vector>

#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {
namespace {

using at::Tensor;
using OptionalTensor = std::optional<Tensor>;

Tensor WithBias(const Tensor& gates, const OptionalTensor& bias) {
  return bias && bias->defined() ? gates + *bias : gates;
}

Tensor Sum(const Tensor& gradient, bool wanted) { return wanted ? gradient.sum(0) : Tensor(); }

// → hy, cy, workspace: the gates after their functions, in the order in, forget, cell, out.
std::tuple<Tensor, Tensor, Tensor> LstmCell(const Tensor& input_gates, const Tensor& hidden_gates,
                                            const Tensor& cx, const OptionalTensor& input_bias,
                                            const OptionalTensor& hidden_bias) {
  const Tensor gates = WithBias(input_gates, input_bias) + WithBias(hidden_gates, hidden_bias);
  const std::vector<Tensor> part = gates.unsafe_chunk(4, 1);
  const Tensor in = part[0].sigmoid();
  const Tensor forget = part[1].sigmoid();
  const Tensor cell = part[2].tanh();
  const Tensor out = part[3].sigmoid();
  const Tensor cy = forget * cx + in * cell;
  return {out * cy.tanh(), cy, at::cat({in, forget, cell, out}, 1)};
}

// → gradients of the gates, of cx, of the bias.
std::tuple<Tensor, Tensor, Tensor> LstmCellBackward(const OptionalTensor& grad_hy,
                                                    const OptionalTensor& grad_cy, const Tensor& cx,
                                                    const Tensor& cy, const Tensor& workspace,
                                                    bool has_bias) {
  const bool has_hy = grad_hy && grad_hy->defined();
  const bool has_cy = grad_cy && grad_cy->defined();
  if (!has_hy && !has_cy) return {};
  const std::vector<Tensor> gate = workspace.unsafe_chunk(4, 1);
  const Tensor &in = gate[0], &forget = gate[1], &cell = gate[2], &out = gate[3];
  const Tensor squashed = cy.tanh();
  const Tensor hy = has_hy ? *grad_hy : at::zeros_like(cx);
  Tensor grad = hy * out * (1 - squashed * squashed);
  if (has_cy) grad = grad + *grad_cy;
  const Tensor gates = at::cat({grad * cell * in * (1 - in), grad * cx * forget * (1 - forget),
                                grad * in * (1 - cell * cell), hy * squashed * out * (1 - out)},
                               1);
  return {gates, grad * forget, Sum(gates, has_bias)};
}

// → hy, workspace: reset, update and new gate, hx, and the hidden part of the new gate.
std::tuple<Tensor, Tensor> GruCell(const Tensor& input_gates, const Tensor& hidden_gates,
                                   const Tensor& hx, const OptionalTensor& input_bias,
                                   const OptionalTensor& hidden_bias) {
  const std::vector<Tensor> from_input = WithBias(input_gates, input_bias).unsafe_chunk(3, 1);
  const std::vector<Tensor> from_hidden = WithBias(hidden_gates, hidden_bias).unsafe_chunk(3, 1);
  const Tensor reset = (from_input[0] + from_hidden[0]).sigmoid();
  const Tensor update = (from_input[1] + from_hidden[1]).sigmoid();
  const Tensor fresh = (from_input[2] + reset * from_hidden[2]).tanh();
  return {fresh + update * (hx - fresh), at::cat({reset, update, fresh, hx, from_hidden[2]}, 1)};
}

// → gradients of the input's gates, the hidden gates, hx, and either bias.
std::tuple<Tensor, Tensor, Tensor, Tensor, Tensor> GruCellBackward(const Tensor& grad_hy,
                                                                   const Tensor& workspace,
                                                                   bool has_bias) {
  const std::vector<Tensor> saved = workspace.unsafe_chunk(5, 1);
  const Tensor &reset = saved[0], &update = saved[1], &fresh = saved[2], &hx = saved[3];
  const Tensor grad_update = grad_hy * (hx - fresh) * (1 - update) * update;
  const Tensor grad_fresh = grad_hy * (1 - update) * (1 - fresh * fresh);
  const Tensor grad_reset = grad_fresh * saved[4] * (1 - reset) * reset;
  const Tensor input = at::cat({grad_reset, grad_update, grad_fresh}, 1);
  const Tensor hidden = at::cat({grad_reset, grad_update, grad_fresh * reset}, 1);
  return {input, hidden, grad_hy * update, Sum(input, has_bias), Sum(hidden, has_bias)};
}

}  // namespace

void AddRecurrent(Substitutes& to) {
  using c10::KernelFunction;
  to["aten::_thnn_fused_lstm_cell"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(LstmCell));
  to["aten::_thnn_fused_lstm_cell_backward_impl"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(LstmCellBackward));
  to["aten::_thnn_fused_gru_cell"] = KernelFunction::makeFromUnboxedFunction(TORCH_FN(GruCell));
  to["aten::_thnn_fused_gru_cell_backward"] =
      KernelFunction::makeFromUnboxedFunction(TORCH_FN(GruCellBackward));
}

}  // namespace portcullis::simcompute
