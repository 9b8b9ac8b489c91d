// A stand-in for NVIDIA's management library: 3 GiB are in use of each card's 80, and each is busy for 61 % of the time.
//
// Environment:
//   RIG_NVML=CODE      nvmlInit_v2 returns CODE
//   RIG_NVML_DEAD=1    the cards are found, and tell nothing (15: the GPU is lost)
//   RIG_MIG=1          the devices are parts of a card: they have other names, and do not tell how busy they are
//   RIG_DEVICES=N      number of devices (1)
#include "rig.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>

enum { OK = 0, UNINITIALIZED = 1, NOT_SUPPORTED = 3, NOT_FOUND = 6, LOST = 15 };

static int open_count = 0;

static int number(const char *name, int otherwise) {
    const char *value = getenv(name);
    return value && *value ? atoi(value) : otherwise;
}

// A handle is the number of the card, from 1 on.
static int reading(const char *name, void *device) {
    rig_count(name, 0);
    if (!open_count) { rig_complain("%s before nvmlInit_v2", name); return UNINITIALIZED; }
    if ((intptr_t)device < 1 || (intptr_t)device > number("RIG_DEVICES", 1)) {
        rig_complain("%s of %p, which is no card", name, device);
        return NOT_FOUND;
    }
    return number("RIG_NVML_DEAD", 0) ? LOST : OK;
}

extern "C" {

struct nvmlMemory { unsigned long long total, free, used; };
struct nvmlUtilization { unsigned gpu, memory; };

int nvmlInit_v2() {
    rig_count("nvmlInit", 0);
    if (int error = number("RIG_NVML", OK)) return error;
    open_count++;
    return OK;
}

int nvmlShutdown() {
    rig_count("nvmlShutdown", 0);
    if (!open_count) { rig_complain("nvmlShutdown before nvmlInit_v2"); return UNINITIALIZED; }
    open_count--;
    return OK;
}

// The names are those of cuDeviceGetUuid: each byte is the number of the card, from 1 on.
int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    rig_count("nvmlDeviceGetHandleByUUID", 0);
    if (!open_count) { rig_complain("nvmlDeviceGetHandleByUUID before nvmlInit_v2"); return UNINITIALIZED; }
    const char *kind = number("RIG_MIG", 0) ? "MIG" : "GPU";
    for (int card = 1; card <= number("RIG_DEVICES", 1); card++) {
        char b[3], name[48];
        snprintf(b, sizeof b, "%02x", card & 255);
        snprintf(name, sizeof name, "%s-%s%s%s%s-%s%s-%s%s-%s%s-%s%s%s%s%s%s", kind, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b);
        if (!strcmp(uuid, name)) { *device = (void *)(intptr_t)card; return OK; }
    }
    return NOT_FOUND;
}

int nvmlDeviceGetMemoryInfo(void *device, nvmlMemory *memory) {
    if (int error = reading("nvmlDeviceGetMemoryInfo", device)) return error;
    *memory = {80ull << 30, 77ull << 30, 3ull << 30};
    return OK;
}

int nvmlDeviceGetUtilizationRates(void *device, nvmlUtilization *rates) {
    if (int error = reading("nvmlDeviceGetUtilizationRates", device)) return error;
    if (number("RIG_MIG", 0)) return NOT_SUPPORTED;
    *rates = {61, 12};
    return OK;
}

}  // extern "C"
