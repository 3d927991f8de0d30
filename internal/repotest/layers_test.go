package repotest

import (
	"fmt"
	"path"
	"slices"
	"testing"
)

// The layers of library and program, lowest first: a package imports only
// packages that come before it. Packages in its folder belong to it.
var (
	libraryOrder = []string{"internal/cases", "internal/visible", "internal/bytestr", "internal/statusline", "internal/cookie", "internal/httpcache", "internal/similar", "internal/weburl", "internal/protocol", "internal/pathread", "internal/suffix", "origin", "internal/owners", "cors", "internal/yamlread", "policyfile", "fetch", "corstest", "cmd/corsac-wasm"}
	programOrder = []string{
		"browsertest", "testenv", "dist",
		"lazyregexp", "topk", "systemd", "mask", "terminal", "shell", "logging", "flaghelp", "signals", "watch",
		"version", "rewrite", "hostguard", "localnet", "devroute", "child", "localca", "replay",
		"finding", "source", "syntax", "config", "httproute", "certs", "csp", "har", "paste",
		"probe",
		"check",
		"stacks", "need",
		"generate", "importer", "lint", "fix",
		"diagnose",
		"explain", "verify", "learn", "audit", "collect",
		"record",
		"http1", "upstream", "forward", "h3", "tracing", "accesslog", "gateway",
		"devproxy", "inspector",
		"report",
		"choice",
		"demo",
		"dev", "serve",
		"cli",
		"live",
	}
)

const programDir = "cmd/corsac"

// libraryModules are the modules of the library: the root, which imports none of
// the others, and those that need more than the root may require.
var libraryModules = []string{".", "internal/yamlread", "policyfile"}

// layers checks which packages import which.
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
		case !slices.Contains(libraryModules, f.module) || f.pkg == "internal/repotest":
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
			case f.module == "." && r.moduleOf(dir+"/x.go") != ".":
				breach("imports %s, which is not in the library's module", dir)
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

// rank returns the index in order of the folder dir below room, or -1.
func rank(order []string, room, dir string) int {
	for i, layer := range order {
		if under(dir, path.Join(room, layer)) {
			return i
		}
	}
	return -1
}
