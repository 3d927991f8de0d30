package stacks

import (
	"slices"
	"strconv"
	"strings"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
	"github.com/corsac-dev/corsac/cmd/corsac/internal/source"
)

// startFiles are the patterns for files with the command that starts a server.
var startFiles = []string{"Procfile", "Dockerfile", "Dockerfile.*", "compose.yml", "compose.yaml", "docker-compose.yml", "docker-compose.yaml", "package.json", "Makefile", "pyproject.toml", "*.sh"}

// A command that starts an application of Python, and its option for the port,
// which may be of a shell variable with a default.
var (
	startsPython = lazyregexp.New(`\b(?:uvicorn|hypercorn|gunicorn|fastapi (?:run|dev))\b`)
	portOption   = lazyregexp.New(`(?:^|\s)(?:--port|-p|--bind|-b)(?:\s+|=)(\S+)`)
	portAtEnd    = lazyregexp.New(`^(?:[^\s:]*:)?(?:\$\{[A-Za-z_]+:-)?([0-9]{1,5})\}?$`)
	inList       = strings.NewReplacer(`"`, " ", `'`, " ", `,`, " ", `[`, " ", `]`, " ", `\`, " ")
)

// startedPort returns the port in the command that starts an application of
// Python, by the files of its project. It is 0 if the command has a port that is
// not known; given says whether it has one.
func startedPort(t *source.Tree) (port int, given bool) {
	files := t.Files(startFiles...)
	slices.SortStableFunc(files, func(a, b *source.File) int {
		return strings.Count(a.Name, "/") - strings.Count(b.Name, "/")
	})
	for _, f := range files {
		for line := range strings.Lines(strings.ReplaceAll(f.Text, "\\\n", " ")) {
			if strings.HasPrefix(strings.TrimSpace(line), "#") || !startsPython.Get().MatchString(inList.Replace(line)) {
				continue
			}
			if m := portOption.Get().FindStringSubmatch(inList.Replace(line)); m != nil {
				n := portAtEnd.Get().FindStringSubmatch(m[1])
				if n == nil {
					return 0, true
				}
				port, _ = strconv.Atoi(n[1])
				return port, true
			}
		}
	}
	return 0, false
}
