package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// areas are what coverage is told of, by the paths of files in this module.
var areas = []struct {
	figure string
	files  *regexp.Regexp
}{
	{"core (engine, matcher), %", regexp.MustCompile(`^(engine|matcher)/[^/]*\.go$`)},
	{"time (slots), %", regexp.MustCompile(`^slots/[^/]*\.go$`)},
	{"codec, %", regexp.MustCompile(`^(engine/codec\w*|persist/(record|chunk|identity|watermark|pointer|key)\w*|server/(decode|json)\w*)\.go$`)},
	{"authorization, %", regexp.MustCompile(`^(server/(guard|permissions|tokens|access)\w*|engine/(scope|judge_identity|admit_identity))\.go$`)},
}

// modulePath is what the names of a profile begin with.
const modulePath = "github.com/parleyhq/parley/"

// coverage reads a profile of all tests together. A block that stands there twice is covered if it ever was.
func coverage(dir string) (map[string]float64, error) {
	f, err := os.Open(filepath.Join(dir, "cover.out"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	type block struct {
		statements int
		covered    bool
	}
	blocks := map[string]block{}
	in := bufio.NewScanner(f)
	in.Buffer(nil, maxLine)
	for in.Scan() {
		place, rest, ok := strings.Cut(in.Text(), " ")
		if !ok || !strings.HasPrefix(place, modulePath) {
			continue
		}
		var n, times int
		if _, err := fmt.Sscanf(rest, "%d %d", &n, &times); err != nil {
			return nil, fmt.Errorf("cover.out: %q: %w", in.Text(), err)
		}
		blocks[place] = block{n, blocks[place].covered || times > 0}
	}
	out := map[string]float64{}
	for _, a := range areas {
		all, covered := 0, 0
		for place, b := range blocks {
			file, _, _ := strings.Cut(strings.TrimPrefix(place, modulePath), ":")
			if a.files.MatchString(file) {
				all += b.statements
				if b.covered {
					covered += b.statements
				}
			}
		}
		if all > 0 {
			share := strconv.FormatFloat(100*float64(covered)/float64(all), 'f', 1, 64)
			out[a.figure], _ = strconv.ParseFloat(share, 64) // what was just written
		}
	}
	text, err := logs(dir, "cover")
	out["failed tests"] = float64(len(failedTest.FindAllString(text, -1)))
	return out, errors.Join(err, in.Err())
}
