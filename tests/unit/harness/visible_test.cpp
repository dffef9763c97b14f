// Which GPUs a mask leaves visible, and whether CUDA starts behind it.
#include "harness/host/visible.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portcullis::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int kInvalidDevice = 101;
constexpr int kSystemNotReady = 802;

Host Two() {
  Host host;
  host.driver_version = 13000;
  host.gpus.resize(2);
  host.gpus[0].uuid = "GPU-00000000-0000-4000-8000-000000000000";
  host.gpus[1].uuid = "GPU-11111111-0000-4000-8000-000000000000";
  return host;
}

TEST(Visible, InTheMasksOrder) {
  EXPECT_THAT(VisibleGpus(Two(), {}), ElementsAre(0, 1));
  EXPECT_THAT(VisibleGpus(Two(), {"1,0"}), ElementsAre(1, 0));
  EXPECT_THAT(VisibleGpus(Two(), {"GPU-1"}), ElementsAre(1));
  EXPECT_THAT(VisibleGpus(Two(), {"1,1"}), IsEmpty());
}

TEST(StartError, OfTheHostAndOfAGpuThatIsNamedTwice) {
  EXPECT_EQ(StartError(Two(), {}), 0);
  EXPECT_EQ(StartError(Two(), {""}), 0) << "no GPU is no error of starting";
  EXPECT_EQ(StartError(Two(), {"0,0"}), kInvalidDevice);
  EXPECT_EQ(StartError(Two(), {"0,2,0"}), 0) << "the list ends before the repeat";
  Host broken = Two();
  broken.start_error = kSystemNotReady;
  EXPECT_EQ(StartError(broken, {"0,0"}), kSystemNotReady);
}

TEST(WithinCallers, AGpuNamedTwiceIsNamedTwice) {
  Host here = Two();
  here.simulated = false;
  here.mask = {here.gpus[1].uuid + "," + here.gpus[0].uuid};
  EXPECT_EQ(StartError(Two(), WithinCallers(here, {"GPU-1,GPU-1"})), kInvalidDevice);
}

}  // namespace
}  // namespace portcullis::host
