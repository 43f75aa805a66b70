package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"

	"golang.org/x/sys/unix"
)

// everywhere is where the process could run when it began.
var everywhere = sync.OnceValues(func() (all unix.CPUSet, err error) { return all, unix.SchedGetaffinity(0, &all) })

// pin keeps every thread of this process on one processor of those that it could use at first, by number from 0; what is started from then
// on, threads and processes, inherits that. restore lets all run where they could.
func pin(core int) (restore func() error, err error) {
	all, err := everywhere()
	if err != nil {
		return nil, fmt.Errorf("where threads may run: %w", err)
	}
	found := 0
	for i := 0; found < all.Count(); i++ {
		if !all.IsSet(i) {
			continue
		}
		if found == core {
			var one unix.CPUSet
			one.Set(i)
			return func() error { return pinThreads(&all) }, pinThreads(&one)
		}
		found++
	}
	return nil, fmt.Errorf("there are %d processors, none of number %d", found, core)
}

// pinThreads says where every thread may run. One that has ended meanwhile need not.
func pinThreads(where *unix.CPUSet) error {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return err
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			return err
		}
		if err := unix.SchedSetaffinity(id, where); err != nil && !errors.Is(err, unix.ESRCH) {
			return fmt.Errorf("where threads may run: %w", err)
		}
	}
	return nil
}
