// Owns: the matrix as data: the results of scenarios/reference/matrix.yaml by kind of runtime,
// checkpoint, way of loading and host.
#pragma once

#include <string>
#include <vector>

#include "harness/pages/reference.h"

namespace portcullis::pages {

// One cell: a case in every version, newest first; nullptr where a version did not run it.
struct Cell {
  std::string host;  // "2xh200@empty"
  std::vector<const verdict::Result*> results;
  // What hardware said of it: kOtherwise if of any version.
  OnHardware OnHardwareIn(const Recordings& recordings) const;
  bool Differs() const;  // versions that ran it do not agree on outcome, phase or error class
};

// Versions that agree on a cell, newest first: "2.15.0, 2.11.0", and the result of the newest.
struct Agreed {
  std::string versions;
  const verdict::Result* result;
};
// The cell's results, each with all versions that have it; `versions` are the reference's.
std::vector<Agreed> ByResult(const Cell& cell, const std::vector<std::string>& versions);

struct Row {
  portability::Strategy strategy;
  std::vector<Cell> cells;  // in the order of Table::hosts; a cell without results did not run
};

struct Table {
  std::string family;      // "python"
  std::string checkpoint;  // "state-dict-cuda0"
  std::vector<std::string> hosts;
  std::vector<Row> rows;
};

// In the order of the scenario's matrix.
std::vector<Table> Tables(const Reference& reference);

// The same outcome, in the same phase, with the same class of error.
bool Alike(const verdict::Result& a, const verdict::Result& b);

// What a result is in a word: "loads", or the id of the error class (the outcome, if there is
// none).
std::string Word(const verdict::Result& result);
// The sign beside it: ✓ or ✗.
const char* Sign(const verdict::Result& result);

// What a checkpoint is for people: "zip, saved from cuda:0".
std::string CheckpointLabel(const std::string& checkpoint);

}  // namespace portcullis::pages
