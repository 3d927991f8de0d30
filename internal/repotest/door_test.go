package repotest

import (
	"go/ast"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// passesDoor are the files that may use a stream itself: the program, which
// gives the streams to package cli; what shows nothing from outside, as the progress
// bar; the relay, which passes on nothing but colours; and what only builds run.
var passesDoor = []string{
	programDir + "/main.go", programDir + "/internal/report/progress.go", programDir + "/internal/logging/standard.go",
	programDir + "/internal/terminal/relay.go", programDir + "/internal/terminal/screen.go",
	engineDir + "/pack/main.go",
	programDir + "/internal/dist/pack/main.go",
}

// pastDoor are the names by which a package could print past the door
// (terminal.Door), by import path.
var pastDoor = map[string][]string{
	"os":       {"Stdout", "Stderr", "NewFile"},
	"syscall":  {"Stdout", "Stderr", "Write"},
	"fmt":      {"Print", "Printf", "Println"},
	"log":      {"Default", "Fatal", "Fatalf", "Fatalln", "Output", "Panic", "Panicf", "Panicln", "Print", "Printf", "Println", "SetOutput", "Writer"},
	"log/slog": {"Debug", "DebugContext", "Default", "Error", "ErrorContext", "Info", "InfoContext", "Log", "LogAttrs", "SetDefault", "Warn", "WarnContext", "With"},
}

// oneDoor checks that the program prints only to the streams that it is given,
// which are doors.
func oneDoor(_ *testing.T, r *repo) (breaches []string) {
	for _, f := range r.src {
		if f.test || f.module != programDir || slices.Contains(passesDoor, f.path) || isForTests(f.pkg) {
			continue
		}
		imports := map[string]string{} // paths by name
		for _, spec := range f.ast.Imports {
			file, _ := strconv.Unquote(spec.Path.Value)
			name := path.Base(file)
			if spec.Name != nil {
				name = spec.Name.Name
			}
			imports[name] = file
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			what := ""
			switch n := n.(type) {
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok && slices.Contains(pastDoor[imports[x.Name]], n.Sel.Name) {
					what = x.Name + "." + n.Sel.Name
				} else if n.Sel.Name == "Own" {
					what = "Own"
				}
			case *ast.CallExpr:
				if x, ok := n.Fun.(*ast.Ident); ok && (x.Name == "print" || x.Name == "println") {
					what = x.Name
				}
			}
			if what != "" {
				breaches = append(breaches, f.at(n.Pos())+": "+what+" prints past the door; print to the stream that the command is given")
			}
			return true
		})
	}
	return breaches
}

// isForTests reports whether a package is only for tests.
func isForTests(pkg string) bool {
	return strings.HasSuffix(pkg, "/testenv") || strings.HasSuffix(pkg, "/browsertest")
}
