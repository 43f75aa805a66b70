package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
	"unsafe"
)

// cpuMask is a set of up to 1,024 processors, as the system takes it.
type cpuMask [1024 / 64]uint64

// everywhere is where the process could run when it began.
var everywhere = sync.OnceValues(func() (m cpuMask, err error) {
	return m, affinity(syscall.SYS_SCHED_GETAFFINITY, 0, &m)
})

// pin keeps every thread of this process on one processor of those that it could use at first, by number from 0; what is started from then
// on, threads and processes, inherits that. restore lets all run where they could.
func pin(core int) (restore func() error, err error) {
	all, err := everywhere()
	if err != nil {
		return nil, err
	}
	found := 0
	for i := range len(all) * 64 {
		if all[i/64]&(1<<(i%64)) == 0 {
			continue
		}
		if found == core {
			var one cpuMask
			one[i/64] = 1 << (i % 64)
			return func() error { return pinThreads(&all) }, pinThreads(&one)
		}
		found++
	}
	return nil, fmt.Errorf("there are %d processors, none of number %d", found, core)
}

// pinThreads says where every thread may run. One that has ended meanwhile need not.
func pinThreads(where *cpuMask) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := affinity(syscall.SYS_SCHED_SETAFFINITY, id, where); err != nil && !errors.Is(err, syscall.ESRCH) {
			return err
		}
	}
	return nil
}

// affinity reads or sets where a thread may run; 0 = this one.
func affinity(call uintptr, thread int, mask *cpuMask) error {
	if _, _, failed := syscall.RawSyscall(call, uintptr(thread), unsafe.Sizeof(*mask), uintptr(unsafe.Pointer(mask))); failed != 0 {
		return fmt.Errorf("where threads may run: %w", failed)
	}
	return nil
}
