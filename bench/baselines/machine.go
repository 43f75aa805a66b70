package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
)

// machine is what the figures were taken on.
type machine struct {
	Date     string            `json:"date"`
	CPU      string            `json:"cpu"`
	Cores    int               `json:"cores"`
	Memory   string            `json:"memory"`
	Kernel   string            `json:"kernel"`
	Files    string            `json:"files"` // file system of the stores
	Load     string            `json:"load"`  // before the run
	Go       string            `json:"go"`
	Commit   string            `json:"commit"`
	Versions map[string]string `json:"versions"` // of the rivals
}

// factsOf looks at the machine; dir is where the stores are.
func factsOf(dir string) machine {
	m := machine{
		Date: time.Now().UTC().Format("2006-01-02 15:04 MST"), CPU: field("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(),
		Memory: field("/proc/meminfo", "MemTotal"), Kernel: firstLine("uname", "-sr"), Files: fileSystem(dir), Go: runtime.Version(),
		Commit: firstLine("git", "describe", "--always", "--dirty"), Versions: map[string]string{},
	}
	if text, err := os.ReadFile("/proc/loadavg"); err == nil {
		m.Load = strings.TrimSpace(string(text))
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if _, rival := rivals[dep.Path]; rival {
				m.Versions[dep.Path] = dep.Version
			}
		}
	}
	return m
}

// rivals are the modules whose versions a report names.
var rivals = map[string]struct{}{
	"github.com/valyala/fasthttp": {}, "github.com/cockroachdb/pebble/v2": {}, "github.com/jackc/pgx/v5": {},
	"github.com/google/btree": {}, "github.com/Workiva/go-datastructures": {}, "github.com/zyedidia/generic": {},
}

// field returns the first value of a name in a file of lines `name : value`.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return "unknown"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// firstLine runs a program and returns the first line of what it prints.
func firstLine(program string, args ...string) string {
	out, err := exec.Command(program, args...).CombinedOutput()
	line, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if line == "" && err != nil {
		return "unknown"
	}
	return line
}

// fileSystem names the kind of file system of a folder, by its magic number.
func fileSystem(dir string) string {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return "unknown"
	}
	names := map[int64]string{0xEF53: "ext4", 0x58465342: "xfs", 0x9123683E: "btrfs", 0x01021994: "tmpfs", 0x794C7630: "overlayfs"}
	if name, known := names[s.Type]; known {
		return name
	}
	return fmt.Sprintf("%#x", s.Type)
}

func (m *machine) lines() []string {
	list := []string{
		fmt.Sprintf("%s, %d cores, %s", m.CPU, m.Cores, m.Memory), m.Kernel + ", stores on " + m.Files, "load before: " + m.Load,
		m.Go + ", Parley at " + m.Commit,
	}
	for _, name := range sortedKeys(m.Versions) {
		list = append(list, name+" "+m.Versions[name])
	}
	return list
}
