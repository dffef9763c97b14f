#include "src/simcompute/substitutes/substitutes.h"

namespace portcullis::simcompute {

const Substitutes& AllSubstitutes() {
  static const auto* all = [] {
    auto* made = new Substitutes;  // kernels live as long as the process
    AddAttention(*made);
    AddConvolution(*made);
    AddCudnn(*made);
    AddDropout(*made);
    AddDtypes(*made);
    AddMatrixProducts(*made);
    AddNormalization(*made);
    AddRecurrent(*made);
    return made;
  }();
  return *all;
}

at::Generator& OperatorGenerator() {
  thread_local at::Generator generator;
  return generator;
}

}  // namespace portcullis::simcompute
