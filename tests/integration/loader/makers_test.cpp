// The makers, through their command lines: every row of checkpoints.yaml can be made. What they
// leave behind is what loader_test loads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/integration/loader/stand.h"

namespace portcullis::loader_test {
namespace {

namespace fs = std::filesystem;

Start MakerOf(const checkpoints::Recipe& recipe) {
  std::string devices;
  for (const std::string& device : recipe.from) devices += (devices.empty() ? "" : ",") + device;
  Start start{recipe.family, RuntimeOf(recipe.family).maker, recipe.host, "", false};
  for (const std::string& word : {recipe.function, std::string("--from"), devices,
                                  std::string("--out"), Made(recipe.name).string()}) {
    start.argv.push_back(word);
  }
  return start;
}

bool IsHere(const checkpoints::Recipe& recipe) {
  return testing::Matches(testing::Contains(recipe.family))(Families());
}

void CheckManifest(const checkpoints::Recipe& recipe) {
  const checkpoints::Reference manifest = Manifest(recipe.name);
  EXPECT_EQ(manifest.format, recipe.format) << recipe.name;
  std::set<std::string> names;
  std::set<std::string> devices;
  for (const auto& tensor : manifest.tensors) {
    EXPECT_TRUE(names.insert(tensor.name).second) << recipe.name << ": " << tensor.name;
    devices.insert(tensor.device);
  }
  // Those moved to the CPU before they were saved, and files that have no word for a device.
  const bool unnamed = recipe.name.ends_with("saved-cpu") || recipe.format == "safetensors";
  for (const std::string& device : recipe.from) {
    EXPECT_EQ(devices.count(device), unnamed ? 0U : 1U) << recipe.name << " " << device;
  }
}

TEST(Makers, MakeEveryRowOfTheTable) {
  fs::remove_all(PORTCULLIS_MADE);
  fs::create_directories(PORTCULLIS_MADE);
  std::vector<checkpoints::Recipe> recipes;
  std::vector<Start> starts;
  for (const checkpoints::Recipe& recipe : Catalog().recipes()) {
    if (!IsHere(recipe)) continue;
    recipes.push_back(recipe);
    starts.push_back(MakerOf(recipe));
  }
  const std::vector<Finish> finishes = RunAll(starts);
  for (std::size_t i = 0; i < recipes.size(); ++i) {
    ASSERT_EQ(finishes[i].ended.exit_code, 0) << recipes[i].name << "\n"
                                              << finishes[i].ended.errors;
    EXPECT_THAT(finishes[i].flight.refused, testing::IsEmpty()) << recipes[i].name;
    CheckManifest(recipes[i]);
  }
  std::vector<std::string> hidden;
  for (const auto& entry : fs::directory_iterator(PORTCULLIS_MADE)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(".")) hidden.push_back(name);
  }
  EXPECT_THAT(hidden, testing::IsEmpty()) << "temporary folders were left";
}

}  // namespace
}  // namespace portcullis::loader_test
