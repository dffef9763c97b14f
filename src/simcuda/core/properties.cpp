#include "src/simcuda/core/properties.h"

#include <cuda_runtime_api.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace portcullis::simcuda {
namespace {

// What follows from the compute capability (CUDA C++ Programming Guide 13.0, "Technical
// Specifications per Compute Capability").
struct Architecture {
  int capability;  // 10 × major + minor, from here on
  int shared_per_multiprocessor_kib;
  int shared_per_block_optin_kib;
  int blocks_per_multiprocessor;
};
constexpr Architecture kArchitectures[] = {
    {50, 64, 48, 32},   {60, 64, 48, 32},  {61, 96, 48, 32},   {62, 64, 48, 32},
    {70, 96, 96, 32},   {75, 64, 64, 16},  {80, 164, 163, 32}, {86, 100, 99, 16},
    {87, 164, 163, 16}, {89, 100, 99, 24}, {90, 228, 227, 32}, {100, 228, 227, 32},
    {120, 100, 99, 24},
};

const Architecture& ArchitectureOf(const DeviceDescription& description) {
  const int capability = 10 * description.compute_major + description.compute_minor;
  const Architecture* best = &kArchitectures[0];
  for (const Architecture& row : kArchitectures) {
    if (row.capability <= capability) best = &row;
  }
  return *best;
}

void FillLimits(cudaDeviceProp& p, const DeviceDescription& d) {
  const Architecture& architecture = ArchitectureOf(d);
  p.sharedMemPerBlock = 48 << 10;
  p.sharedMemPerMultiprocessor =
      static_cast<std::size_t>(architecture.shared_per_multiprocessor_kib) << 10;
  p.sharedMemPerBlockOptin = static_cast<std::size_t>(architecture.shared_per_block_optin_kib)
                             << 10;
  p.reservedSharedMemPerBlock = d.compute_major >= 8 ? 1024 : 0;
  p.regsPerBlock = 65536;
  p.regsPerMultiprocessor = 65536;
  p.warpSize = 32;
  p.maxThreadsPerBlock = 1024;
  p.maxThreadsPerMultiProcessor = d.max_threads_per_multiprocessor;
  p.maxBlocksPerMultiProcessor = architecture.blocks_per_multiprocessor;
  const std::array block = {1024, 1024, 64};
  std::copy(block.begin(), block.end(), p.maxThreadsDim);
  const std::array grid = {2147483647, 65535, 65535};
  std::copy(grid.begin(), grid.end(), p.maxGridSize);
  if (d.compute_major >= 8) p.persistingL2CacheMaxSize = d.l2_bytes / 8 * 5;
  p.totalConstMem = 64 << 10;
  p.memPitch = 2147483647;
  p.textureAlignment = 512;
  p.texturePitchAlignment = 32;
  p.surfaceAlignment = 512;
}

void FillFeatures(cudaDeviceProp& p, const DeviceDescription& d) {
  p.canMapHostMemory = 1;
  p.concurrentKernels = 1;
  p.ECCEnabled = 1;
  p.asyncEngineCount = 3;
  p.unifiedAddressing = 1;
  p.streamPrioritiesSupported = 1;
  p.globalL1CacheSupported = 1;
  p.localL1CacheSupported = 1;
  p.computePreemptionSupported = 1;
  p.canUseHostPointerForRegisteredMem = 1;
  p.hostRegisterSupported = 1;
  p.cooperativeLaunch = 1;
  p.clusterLaunch = d.compute_major >= 9 ? 1 : 0;
  p.memoryPoolsSupported = 1;
  p.hostRegisterReadOnlySupported = 1;
}

cudaComputeMode ComputeMode(DeviceState state) {
  if (state == DeviceState::kExclusive) return cudaComputeModeExclusiveProcess;
  if (state == DeviceState::kProhibited) return cudaComputeModeProhibited;
  return cudaComputeModeDefault;
}

void FillIdentity(cudaDeviceProp& p, const DeviceDescription& d) {
  std::snprintf(p.name, sizeof p.name, "%.127s", d.name);
  static_assert(sizeof p.uuid.bytes == sizeof d.uuid);
  std::memcpy(p.uuid.bytes, d.uuid, sizeof d.uuid);
  p.totalGlobalMem = d.memory_bytes;
  p.major = d.compute_major;
  p.minor = d.compute_minor;
  p.multiProcessorCount = d.multiprocessors;
  p.l2CacheSize = d.l2_bytes;
  p.memoryBusWidth = d.memory_bus_bits;
  p.pciDomainID = d.pci_domain;
  p.pciBusID = d.pci_bus;
  p.pciDeviceID = d.pci_device;
#if CUDART_VERSION < 13000
  p.computeMode = ComputeMode(d.state);
  p.clockRate = d.clock_khz;
  p.memoryClockRate = d.memory_clock_khz;
#endif
}

// The attributes that are not fields of cudaDeviceProp in every CUDA version.
std::optional<int> DescribedAttribute(const DeviceDescription& d, int attribute) {
  switch (attribute) {
    case cudaDevAttrClockRate:
      return d.clock_khz;
    case cudaDevAttrMemoryClockRate:
      return d.memory_clock_khz;
    case cudaDevAttrSingleToDoublePrecisionPerfRatio:
      return d.compute_minor == 0 && d.compute_major >= 6 ? 2 : 64;
    case cudaDevAttrComputeMode:
      return ComputeMode(d.state);
    default:
      return std::nullopt;
  }
}

struct AttributeField {
  int attribute;
  int (*value)(const cudaDeviceProp&);
};
#define FIELD(attribute, field)                                                  \
  {                                                                              \
    attribute, [](const cudaDeviceProp& p) { return static_cast<int>(p.field); } \
  }
constexpr AttributeField kFields[] = {
    FIELD(cudaDevAttrMaxThreadsPerBlock, maxThreadsPerBlock),
    FIELD(cudaDevAttrMaxBlockDimX, maxThreadsDim[0]),
    FIELD(cudaDevAttrMaxBlockDimY, maxThreadsDim[1]),
    FIELD(cudaDevAttrMaxBlockDimZ, maxThreadsDim[2]),
    FIELD(cudaDevAttrMaxGridDimX, maxGridSize[0]),
    FIELD(cudaDevAttrMaxGridDimY, maxGridSize[1]),
    FIELD(cudaDevAttrMaxGridDimZ, maxGridSize[2]),
    FIELD(cudaDevAttrMaxSharedMemoryPerBlock, sharedMemPerBlock),
    FIELD(cudaDevAttrMaxSharedMemoryPerMultiprocessor, sharedMemPerMultiprocessor),
    FIELD(cudaDevAttrMaxSharedMemoryPerBlockOptin, sharedMemPerBlockOptin),
    FIELD(cudaDevAttrReservedSharedMemoryPerBlock, reservedSharedMemPerBlock),
    FIELD(cudaDevAttrTotalConstantMemory, totalConstMem),
    FIELD(cudaDevAttrWarpSize, warpSize),
    FIELD(cudaDevAttrMaxPitch, memPitch),
    FIELD(cudaDevAttrMaxRegistersPerBlock, regsPerBlock),
    FIELD(cudaDevAttrMaxRegistersPerMultiprocessor, regsPerMultiprocessor),
    FIELD(cudaDevAttrTextureAlignment, textureAlignment),
    FIELD(cudaDevAttrTexturePitchAlignment, texturePitchAlignment),
    FIELD(cudaDevAttrSurfaceAlignment, surfaceAlignment),
    FIELD(cudaDevAttrMultiProcessorCount, multiProcessorCount),
    FIELD(cudaDevAttrMaxThreadsPerMultiProcessor, maxThreadsPerMultiProcessor),
    FIELD(cudaDevAttrMaxBlocksPerMultiprocessor, maxBlocksPerMultiProcessor),
    FIELD(cudaDevAttrComputeCapabilityMajor, major),
    FIELD(cudaDevAttrComputeCapabilityMinor, minor),
    FIELD(cudaDevAttrL2CacheSize, l2CacheSize),
    FIELD(cudaDevAttrMaxPersistingL2CacheSize, persistingL2CacheMaxSize),
    FIELD(cudaDevAttrGlobalMemoryBusWidth, memoryBusWidth),
    FIELD(cudaDevAttrIntegrated, integrated),
    FIELD(cudaDevAttrCanMapHostMemory, canMapHostMemory),
    FIELD(cudaDevAttrConcurrentKernels, concurrentKernels),
    FIELD(cudaDevAttrEccEnabled, ECCEnabled),
    FIELD(cudaDevAttrPciBusId, pciBusID),
    FIELD(cudaDevAttrPciDeviceId, pciDeviceID),
    FIELD(cudaDevAttrPciDomainId, pciDomainID),
    FIELD(cudaDevAttrTccDriver, tccDriver),
    FIELD(cudaDevAttrAsyncEngineCount, asyncEngineCount),
    FIELD(cudaDevAttrUnifiedAddressing, unifiedAddressing),
    FIELD(cudaDevAttrStreamPrioritiesSupported, streamPrioritiesSupported),
    FIELD(cudaDevAttrGlobalL1CacheSupported, globalL1CacheSupported),
    FIELD(cudaDevAttrLocalL1CacheSupported, localL1CacheSupported),
    FIELD(cudaDevAttrManagedMemory, managedMemory),
    FIELD(cudaDevAttrIsMultiGpuBoard, isMultiGpuBoard),
    FIELD(cudaDevAttrMultiGpuBoardGroupID, multiGpuBoardGroupID),
    FIELD(cudaDevAttrHostNativeAtomicSupported, hostNativeAtomicSupported),
    FIELD(cudaDevAttrPageableMemoryAccess, pageableMemoryAccess),
    FIELD(cudaDevAttrConcurrentManagedAccess, concurrentManagedAccess),
    FIELD(cudaDevAttrComputePreemptionSupported, computePreemptionSupported),
    FIELD(cudaDevAttrCanUseHostPointerForRegisteredMem, canUseHostPointerForRegisteredMem),
    FIELD(cudaDevAttrCooperativeLaunch, cooperativeLaunch),
    FIELD(cudaDevAttrHostRegisterSupported, hostRegisterSupported),
    FIELD(cudaDevAttrPageableMemoryAccessUsesHostPageTables,
          pageableMemoryAccessUsesHostPageTables),
    FIELD(cudaDevAttrDirectManagedMemAccessFromHost, directManagedMemAccessFromHost),
    FIELD(cudaDevAttrMaxAccessPolicyWindowSize, accessPolicyMaxWindowSize),
    FIELD(cudaDevAttrMemoryPoolsSupported, memoryPoolsSupported),
    FIELD(cudaDevAttrGPUDirectRDMASupported, gpuDirectRDMASupported),
    FIELD(cudaDevAttrMemoryPoolSupportedHandleTypes, memoryPoolSupportedHandleTypes),
    FIELD(cudaDevAttrClusterLaunch, clusterLaunch),
    FIELD(cudaDevAttrSparseCudaArraySupported, sparseCudaArraySupported),
    FIELD(cudaDevAttrHostRegisterReadOnlySupported, hostRegisterReadOnlySupported),
    FIELD(cudaDevAttrIpcEventSupport, ipcEventSupported),
};
#undef FIELD

}  // namespace

cudaDeviceProp Properties(const Device& device) {
  cudaDeviceProp properties = {};
  FillIdentity(properties, device.description());
  FillLimits(properties, device.description());
  FillFeatures(properties, device.description());
  return properties;
}

std::optional<int> Attribute(const Device& device, int attribute) {
  if (attribute <= 0 || attribute >= cudaDevAttrMax) return std::nullopt;
  if (const auto described = DescribedAttribute(device.description(), attribute)) return described;
  const cudaDeviceProp properties = Properties(device);
  const auto* row = std::find_if(std::begin(kFields), std::end(kFields),
                                 [&](const auto& field) { return field.attribute == attribute; });
  return row == std::end(kFields) ? 0 : row->value(properties);  // 0: feature not there
}

std::string PciBusId(const DeviceDescription& description) {
  char text[32];
  std::snprintf(
      text, sizeof text, "%04x:%02x:%02x.0", static_cast<unsigned>(description.pci_domain),
      static_cast<unsigned>(description.pci_bus), static_cast<unsigned>(description.pci_device));
  return text;
}

}  // namespace portcullis::simcuda
