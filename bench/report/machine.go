package report

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"
)

// Machine is where figures come from. What cannot be read is "unknown" or 0.
type Machine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"` // that the scheduler may use
	GoMaxProcs int    `json:"goMaxProcs"`
	Governor   string `json:"governor"`
	MemoryKiB  int64  `json:"memoryKiB"`
	Kernel     string `json:"kernel"`
	OS         string `json:"os"`
	Go         string `json:"go"`
	Revision   string `json:"revision"` // of the program
	// Versions are those of other programs and modules that were measured.
	Versions   map[string]string `json:"versions,omitempty"`
	LoadBefore string            `json:"loadBefore"`
	LoadAfter  string            `json:"loadAfter"`
	// LoopBefore and LoopAfter are the best and the median time of a fixed loop on
	// one locked thread, in nanoseconds. If the two differ, or one differs from
	// the other's, a neighbour took part of the machine.
	LoopBefore Loop `json:"loopBefore"`
	LoopAfter  Loop `json:"loopAfter"`
}

// Loop is the time of a fixed piece of work, in nanoseconds.
type Loop struct {
	Best   int64 `json:"bestNs"`
	Median int64 `json:"medianNs"`
}

// Noisy reports whether the loop says that the machine was not the run's alone:
// its median is a quarter above its best, or before and after differ by as much.
func (m *Machine) Noisy() bool {
	far := func(a, b int64) bool { return a*4 > b*5 }
	b, a := m.LoopBefore, m.LoopAfter
	return far(b.Median, b.Best) || far(a.Median, a.Best) || far(b.Best, a.Best) || far(a.Best, b.Best)
}

// ThisMachine reads the facts and runs the loop once. revision is the program's;
// "" asks the build.
func ThisMachine(revision string) Machine {
	return Machine{
		CPU: cpuModel(), Cores: runtime.NumCPU(), GoMaxProcs: runtime.GOMAXPROCS(0), Governor: governor(),
		MemoryKiB: memory(), Kernel: firstLine("/proc/sys/kernel/osrelease"), OS: runtime.GOOS + "/" + runtime.GOARCH,
		Go: runtime.Version(), Revision: revisionOr(revision),
		LoadBefore: loadAverage(), LoopBefore: PinnedLoop(),
	}
}

// After notes the facts that are read again when the run is over.
func (m *Machine) After() { m.LoadAfter, m.LoopAfter = loadAverage(), PinnedLoop() }

// loopRounds is how often the fixed loop runs, loopSteps how long one is.
const (
	loopRounds = 15
	loopSteps  = 2_000_000
)

// PinnedLoop times a fixed piece of arithmetic on one locked thread: about 30 ms
// in all.
func PinnedLoop() Loop {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	times := make([]float64, 0, loopRounds)
	x := uint64(1)
	for range loopRounds {
		began := time.Now()
		for range loopSteps {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
		}
		times = append(times, float64(time.Since(began)))
	}
	runtime.KeepAlive(x) // else the compiler may drop the loop
	median, best, _ := Spread(times)
	return Loop{Best: int64(best), Median: int64(median)}
}

func firstLine(name string) string {
	text, err := os.ReadFile(name)
	line, _, _ := bytes.Cut(text, []byte{'\n'})
	if err != nil || len(line) == 0 {
		return "unknown"
	}
	return strings.TrimSpace(string(line))
}

// field returns the value of the first line of a /proc file that begins with a name.
func field(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func cpuModel() string {
	if model := field("/proc/cpuinfo", "model name"); model != "" {
		return model
	}
	return "unknown"
}

func memory() int64 {
	n, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", "MemTotal"), " kB"), 10, 64)
	return n
}

func governor() string {
	names, err := filepath.Glob("/sys/devices/system/cpu/cpu*/cpufreq/scaling_governor")
	if err != nil || len(names) == 0 {
		return "unknown"
	}
	return firstLine(names[0])
}

func loadAverage() string {
	words := strings.Fields(firstLine("/proc/loadavg"))
	return strings.Join(words[:min(3, len(words))], " ")
}

func revisionOr(revision string) string {
	if revision != "" {
		return revision
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	revision, dirty := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "-dirty"
		}
	}
	return revision + dirty
}
