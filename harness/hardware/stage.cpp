#include "harness/hardware/stage.h"

#include "harness/hardware/machine.h"
#include "harness/hardware/shown.h"

namespace portcullis::hardware {

suite::StageOf OnMachine(const host::Host& machine, const host::HostLibrary& hosts) {
  return [&machine, &hosts](const scenario::Case& c, const host::Runtime& runtime) {
    suite::Stage stage{machine, c.mask, {}};
    if (!c.fault.empty()) stage.cannot = "needs faults, which cannot be injected into hardware";
    if (c.host == kHere || !stage.cannot.empty()) return stage;
    const host::Host declared = hosts.Find(c.host);
    const Shown shown = ShowHere(declared, c.mask.value ? c.mask : declared.mask, runtime, machine);
    stage.mask = shown.mask;
    stage.cannot = shown.because;
    return stage;
  };
}

}  // namespace portcullis::hardware
