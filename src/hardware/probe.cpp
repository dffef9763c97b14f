// Says what the CUDA driver and runtime of this machine say of themselves, as one JSON object:
//
//     portcullis-probe [--errors | --behaviour]
//
// Owns: asking the driver for its state, version and devices behind CUDA_VISIBLE_DEVICES, and the
// runtime for the name and text of every error code, or (behaviour.h) for its manners. Links
// neither: a machine without them is an answer too. Runs as a child, because a driver can crash or
// hang its process.
#include <cuda.h>
#include <cuda_runtime_api.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "src/hardware/behaviour.h"
#include "src/hardware/library.h"

namespace portcullis::hardware {
namespace {

using nlohmann::json;

// Error codes are below this one (driver_types.h, CUDA 13.0: cudaErrorUnknown is 999;
// cudaErrorApiFailureBase 10000 stands alone).
constexpr int kPastErrors = 1000;

struct Attribute {
  const char* name;
  CUdevice_attribute attribute;
};
constexpr Attribute kAttributes[] = {
    {"compute_major", CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR},
    {"compute_minor", CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR},
    {"multiprocessors", CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT},
    {"threads_per_multiprocessor", CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR},
    {"l2_bytes", CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE},
    {"clock_khz", CU_DEVICE_ATTRIBUTE_CLOCK_RATE},
    {"memory_clock_khz", CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE},
    {"memory_bus_bits", CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH},
    {"pci_domain", CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID},
    {"pci_bus", CU_DEVICE_ATTRIBUTE_PCI_BUS_ID},
    {"pci_device", CU_DEVICE_ATTRIBUTE_PCI_DEVICE_ID},
    {"threads_per_block", CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK},
    {"blocks_per_multiprocessor", CU_DEVICE_ATTRIBUTE_MAX_BLOCKS_PER_MULTIPROCESSOR},
    {"block_x", CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_X},
    {"block_y", CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Y},
    {"block_z", CU_DEVICE_ATTRIBUTE_MAX_BLOCK_DIM_Z},
    {"grid_x", CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X},
    {"grid_y", CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Y},
    {"grid_z", CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_Z},
    {"warp_threads", CU_DEVICE_ATTRIBUTE_WARP_SIZE},
    {"registers_per_block", CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_BLOCK},
    {"registers_per_multiprocessor", CU_DEVICE_ATTRIBUTE_MAX_REGISTERS_PER_MULTIPROCESSOR},
    {"shared_bytes_per_block", CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK},
    {"shared_bytes_per_block_optin", CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN},
    {"shared_bytes_per_multiprocessor", CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR},
    {"reserved_shared_bytes_per_block", CU_DEVICE_ATTRIBUTE_RESERVED_SHARED_MEMORY_PER_BLOCK},
    {"constant_bytes", CU_DEVICE_ATTRIBUTE_TOTAL_CONSTANT_MEMORY},
    {"largest_pitch", CU_DEVICE_ATTRIBUTE_MAX_PITCH},
    {"texture_alignment", CU_DEVICE_ATTRIBUTE_TEXTURE_ALIGNMENT},
    {"texture_pitch_alignment", CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT},
    {"surface_alignment", CU_DEVICE_ATTRIBUTE_SURFACE_ALIGNMENT},
    {"persisting_l2_bytes", CU_DEVICE_ATTRIBUTE_MAX_PERSISTING_L2_CACHE_SIZE},
    {"access_policy_window_bytes", CU_DEVICE_ATTRIBUTE_MAX_ACCESS_POLICY_WINDOW_SIZE},
    {"single_to_double_ratio", CU_DEVICE_ATTRIBUTE_SINGLE_TO_DOUBLE_PRECISION_PERF_RATIO},
    {"compute_mode", CU_DEVICE_ATTRIBUTE_COMPUTE_MODE},
    {"integrated", CU_DEVICE_ATTRIBUTE_INTEGRATED},
    {"maps_host_memory", CU_DEVICE_ATTRIBUTE_CAN_MAP_HOST_MEMORY},
    {"concurrent_kernels", CU_DEVICE_ATTRIBUTE_CONCURRENT_KERNELS},
    {"ecc", CU_DEVICE_ATTRIBUTE_ECC_ENABLED},
    {"tcc_driver", CU_DEVICE_ATTRIBUTE_TCC_DRIVER},
    {"copy_engines", CU_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT},
    {"unified_addressing", CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING},
    {"stream_priorities", CU_DEVICE_ATTRIBUTE_STREAM_PRIORITIES_SUPPORTED},
    {"global_l1_cache", CU_DEVICE_ATTRIBUTE_GLOBAL_L1_CACHE_SUPPORTED},
    {"local_l1_cache", CU_DEVICE_ATTRIBUTE_LOCAL_L1_CACHE_SUPPORTED},
    {"managed_memory", CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY},
    {"multi_gpu_board", CU_DEVICE_ATTRIBUTE_MULTI_GPU_BOARD},
    {"host_native_atomics", CU_DEVICE_ATTRIBUTE_HOST_NATIVE_ATOMIC_SUPPORTED},
    {"pageable_memory_access", CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS},
    {"concurrent_managed_access", CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS},
    {"compute_preemption", CU_DEVICE_ATTRIBUTE_COMPUTE_PREEMPTION_SUPPORTED},
    {"registered_host_pointers", CU_DEVICE_ATTRIBUTE_CAN_USE_HOST_POINTER_FOR_REGISTERED_MEM},
    {"cooperative_launch", CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH},
    {"cluster_launch", CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH},
    {"host_register", CU_DEVICE_ATTRIBUTE_HOST_REGISTER_SUPPORTED},
    {"read_only_host_register", CU_DEVICE_ATTRIBUTE_READ_ONLY_HOST_REGISTER_SUPPORTED},
    {"pageable_access_by_host_tables",
     CU_DEVICE_ATTRIBUTE_PAGEABLE_MEMORY_ACCESS_USES_HOST_PAGE_TABLES},
    {"direct_managed_access_from_host", CU_DEVICE_ATTRIBUTE_DIRECT_MANAGED_MEM_ACCESS_FROM_HOST},
    {"memory_pools", CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED},
    {"memory_pool_handle_types", CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES},
    {"gpu_direct_rdma", CU_DEVICE_ATTRIBUTE_GPU_DIRECT_RDMA_SUPPORTED},
    {"sparse_arrays", CU_DEVICE_ATTRIBUTE_SPARSE_CUDA_ARRAY_SUPPORTED},
    {"ipc_events", CU_DEVICE_ATTRIBUTE_IPC_EVENT_SUPPORTED},
};

std::string UuidText(const CUuuid& uuid) {
  std::string text = "GPU-";
  for (int i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    char byte[3];
    std::snprintf(byte, sizeof(byte), "%02x", static_cast<unsigned char>(uuid.bytes[i]));
    text += byte;
  }
  return text;
}

// The driver's functions, as cuda.h declares them. (cuda.h spells some with the suffix _v2 itself.)
struct Driver {
  Library library{"libcuda.so.1"};
  decltype(&cuInit) init = library.Find<decltype(cuInit)>("cuInit");
  decltype(&cuDriverGetVersion) version =
      library.Find<decltype(cuDriverGetVersion)>("cuDriverGetVersion");
  decltype(&cuDeviceGetCount) count = library.Find<decltype(cuDeviceGetCount)>("cuDeviceGetCount");
  decltype(&cuDeviceGet) get = library.Find<decltype(cuDeviceGet)>("cuDeviceGet");
  decltype(&cuDeviceGetName) name = library.Find<decltype(cuDeviceGetName)>("cuDeviceGetName");
  decltype(&cuDeviceTotalMem) memory =
      library.Find<decltype(cuDeviceTotalMem)>("cuDeviceTotalMem_v2");
  decltype(&cuDeviceGetUuid) uuid = library.Find<decltype(cuDeviceGetUuid)>("cuDeviceGetUuid_v2");
  decltype(&cuDeviceGetAttribute) attribute =
      library.Find<decltype(cuDeviceGetAttribute)>("cuDeviceGetAttribute");

  bool whole() const {
    return init && version && count && get && name && memory && uuid && attribute;
  }
};

json DeviceJson(const Driver& driver, int ordinal) {
  CUdevice device = 0;
  if (driver.get(&device, ordinal) != CUDA_SUCCESS) return nullptr;
  char name[256] = "";
  std::size_t bytes = 0;
  CUuuid uuid = {};
  driver.name(name, sizeof(name), device);
  driver.memory(&bytes, device);
  driver.uuid(&uuid, device);
  json found{{"name", name}, {"memory_bytes", bytes}, {"uuid", UuidText(uuid)}};
  for (const Attribute& attribute : kAttributes) {
    int value = 0;
    if (driver.attribute(&value, attribute.attribute, device) == CUDA_SUCCESS) {
      found[attribute.name] = value;
    }
  }
  return found;
}

// {"version": 13000, "state": 0, "devices": […]}; version 0 and the reason where there is none.
json DriverJson() {
  const Driver driver;
  json found{{"version", 0}, {"state", nullptr}, {"missing", ""}, {"devices", json::array()}};
  if (!driver.whole()) {
    found["missing"] = driver.library.there() ? "libcuda.so.1 lacks functions of CUDA 12"
                                              : driver.library.missing();
    return found;
  }
  const CUresult state = driver.init(0);
  found["state"] = static_cast<int>(state);
  int version = 0;
  if (driver.version(&version) == CUDA_SUCCESS) found["version"] = version;
  int count = 0;
  if (state == CUDA_SUCCESS && driver.count(&count) == CUDA_SUCCESS) {
    for (int ordinal = 0; ordinal < count; ++ordinal) {
      found["devices"].push_back(DeviceJson(driver, ordinal));
    }
  }
  return found;
}

// {"version": 13000, "count": 1, "count_error": 0}, and with `errors` every code's name and text.
json RuntimeJson(bool errors) {
  const Library library(PORTCULLIS_CUDART);
  json found{{"version", 0}, {"missing", library.missing()}};
  const auto version = library.Find<decltype(cudaRuntimeGetVersion)>("cudaRuntimeGetVersion");
  const auto count = library.Find<decltype(cudaGetDeviceCount)>("cudaGetDeviceCount");
  const auto name = library.Find<decltype(cudaGetErrorName)>("cudaGetErrorName");
  const auto text = library.Find<decltype(cudaGetErrorString)>("cudaGetErrorString");
  if (version == nullptr || count == nullptr || name == nullptr || text == nullptr) return found;
  int number = 0;
  if (version(&number) == cudaSuccess) found["version"] = number;
  int devices = 0;
  found["count_error"] = static_cast<int>(count(&devices));
  found["count"] = devices;
  if (!errors) return found;
  found["errors"] = json::array();
  const std::string_view unknown = name(static_cast<cudaError_t>(kPastErrors));
  for (int code = 0; code < kPastErrors; ++code) {
    const auto error = static_cast<cudaError_t>(code);
    if (name(error) == unknown) continue;
    found["errors"].push_back({{"code", code}, {"name", name(error)}, {"text", text(error)}});
  }
  return found;
}

}  // namespace
}  // namespace portcullis::hardware

int main(int argc, char** argv) {
  const std::string_view option = argc == 2 ? argv[1] : "";
  const bool errors = option == "--errors";
  const bool behaviour = option == "--behaviour";
  if (argc > 2 || (argc == 2 && !errors && !behaviour)) {
    std::fprintf(stderr, "usage: portcullis-probe [--errors | --behaviour]\n");
    return 2;
  }
  // Its children must find a process in which CUDA has not started.
  const nlohmann::json answers = behaviour ? portcullis::hardware::BehaviourJson() : nullptr;
  nlohmann::json found{{"driver", portcullis::hardware::DriverJson()},
                       {"runtime", portcullis::hardware::RuntimeJson(errors)}};
  if (behaviour) found["behaviour"] = answers;
  std::printf("%s\n", found.dump().c_str());
  return 0;
}
