package main

import (
	"errors"
	"os"
	"os/signal"
	"runtime/pprof"
	"syscall"
)

// profileSignal begins the profile of a server that was started with --cpu-profile, and
// ends it when it comes again.
const profileSignal = syscall.SIGUSR1

// profileFromSignal profiles the processor from one profileSignal to the next, or to stop, into
// a file that go tool pprof reads; it stays empty if the signal never comes. "" is no file.
func profileFromSignal(name string) (stop func() error, err error) {
	if name == "" {
		return func() error { return nil }, nil
	}
	asked, over, ended := make(chan os.Signal, 1), make(chan struct{}), make(chan error, 1)
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	signal.Notify(asked, profileSignal)
	go func() {
		var err error
		select {
		case <-asked:
			err = pprof.StartCPUProfile(file)
			select {
			case <-asked:
			case <-over:
			}
			pprof.StopCPUProfile()
		case <-over:
		}
		ended <- errors.Join(err, file.Close())
	}()
	return func() error {
		signal.Stop(asked)
		close(over)
		return <-ended
	}, nil
}
