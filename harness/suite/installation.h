// Owns: where this Portcullis finds its data: in the build tree it was built in, in an install
// tree beside the program, or where PORTCULLIS_DATA says.
#pragma once

#include <filesystem>
#include <string>

namespace portcullis::suite {

struct Installation {
  std::filesystem::path hosts;        // folder of host YAML, with profiles/ in it
  std::filesystem::path scenarios;    // folder of scenario YAML
  std::filesystem::path checkpoints;  // checkpoints.yaml
  std::filesystem::path transfers;    // script that times transfers on hardware
  std::filesystem::path damages;      // folder of damages.yaml and damage.py
  std::filesystem::path runtimes;     // runtimes.json; may not exist
  std::filesystem::path made;         // folder for checkpoints that were made
  std::filesystem::path sources;      // folder that holds src/simcuda: makes stand-in libraries
  std::string version;                // of Portcullis
};

// Throws CannotRun if the data folders are not there.
Installation FindInstallation();

}  // namespace portcullis::suite
