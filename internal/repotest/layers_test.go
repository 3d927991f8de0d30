package repotest

import (
	"fmt"
	"path"
	"testing"
)

// The order of each room, from the ground up: a package imports only what stands before it. What is
// below a package's folder belongs to it.
var (
	libraryOrder = []string{"internal/bytestr", "internal/cookie", "internal/weburl", "origin", "cors", "fetch", "corstest", "internal/playground"}
	programOrder = []string{
		"browsertest", "testenv", "config", "csp", "need", "paste", "har", "gateway", "devproxy", "inspector", "probe", "diagnose", "audit", "stacks", "report",
		"demo",
		"cli",
	}
)

const programDir = "cmd/corsac"

// layers holds who may import whom.
func layers(_ *testing.T, r *repo) (breaches []string) {
	for _, f := range r.src {
		breach := func(format string, args ...any) {
			breaches = append(breaches, f.path+": "+fmt.Sprintf(format, args...))
		}
		for _, dir := range f.imports() {
			if under(dir, programDir) && !under(f.pkg, programDir) {
				breach("imports %s; the program imports the library, never the reverse", dir)
			}
		}
		if f.test {
			continue
		}
		room, order := "", libraryOrder
		switch {
		case under(f.pkg, programDir+"/internal"):
			room, order = programDir+"/internal", programOrder
		case f.module != "." || f.pkg == "internal/repotest":
			continue
		}
		mine := rank(order, room, f.pkg)
		if mine < 0 {
			breach("package %s has no place among the layers; give it one in internal/repotest/layers_test.go", f.pkg)
			continue
		}
		for _, dir := range f.imports() {
			if room != "" && !under(dir, room) {
				continue // the program imports the library
			}
			switch other := rank(order, room, dir); {
			case other < 0:
				breach("imports %s, which has no place among the layers", dir)
			case other > mine:
				breach("imports %s, which stands above %s", dir, f.pkg)
			case room == "" && order[mine] == "fetch" && order[other] == "cors":
				breach("imports %s; policy and browser never share code", dir)
			}
		}
	}
	return breaches
}

// rank returns the place of the folder dir in the order of a room, or -1.
func rank(order []string, room, dir string) int {
	for i, layer := range order {
		if under(dir, path.Join(room, layer)) {
			return i
		}
	}
	return -1
}
