// Owns: the numpy arrays that joblib writes as raw bytes between the opcodes of its pickles.
#pragma once

#include "src/checkpoint/pickle_machine.h"

namespace portcullis::checkpoint {

// Called after BUILD: if that made joblib's wrapper of an array, moves behind the array's bytes.
// Throws CheckpointError for an array of objects, which is a pickle in the pickle.
// (joblib/numpy_pickle.py of 1.5, NumpyArrayWrapper.write_array and NumpyUnpickler.load_build.)
void SkipJoblibArray(PickleMachine& machine);

}  // namespace portcullis::checkpoint
