package main

import (
	"fmt"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
)

// rivals are the modules whose versions a report names.
var rivals = map[string]struct{}{
	"github.com/valyala/fasthttp": {}, "github.com/cockroachdb/pebble/v2": {}, "github.com/jackc/pgx/v5": {},
	"github.com/google/btree": {}, "github.com/Workiva/go-datastructures": {}, "github.com/zyedidia/generic": {},
}

// noteModules notes the versions of those that are built in.
func (r *run) noteModules() {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return
	}
	for _, dep := range info.Deps {
		if _, rival := rivals[dep.Path]; rival {
			r.version(dep.Path, dep.Version)
		}
	}
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
