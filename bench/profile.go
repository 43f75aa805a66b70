package bench

import (
	"errors"
	"fmt"
	"os"
	"runtime/pprof"
)

// checkProfile refuses what no one profile can be made of.
func (c *Options) checkProfile() error {
	if c.Profile == "" {
		return nil
	}
	switch {
	case c.Workload == "replay" || c.Workload == "growth" || c.Workload == "figures":
		return wrong("%s compares many things; a profile is of a workload that sends load", c.Workload)
	case c.Target != TargetInProcess && c.Target != TargetHTTP:
		return wrong("the processor of %s cannot be profiled from here; start it with parley serve --cpu-profile", c.Target)
	case len(c.Sizes) > 1:
		return wrong("a profile is of one size, not of %s", joinInts(c.Sizes))
	}
	return nil
}

// profiled runs load while the target's processor is profiled, if that is asked for.
func (s *session) profiled(load func() error) (err error) {
	if s.Profile == "" {
		return load()
	}
	if s.served != nil {
		if err := s.served.Profile(); err != nil {
			return fmt.Errorf("beginning the profile: %w", err)
		}
		defer func() { err = errors.Join(err, s.served.Profile()) }()
		return load()
	}
	file, err := os.Create(s.Profile)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return load()
}
