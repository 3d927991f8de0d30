package generate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// tryTime is how long a program may take to check its configuration.
const tryTime = 30 * time.Second

// ErrNotInstalled is the error of [Try] if the program is not there.
var ErrNotInstalled = errors.New("not installed")

// Tested returns the names of the stacks that [Try] can check, sorted.
func Tested() (names []string) {
	for _, s := range stacks.All() {
		if s.Server != nil && s.Server.Test != "" {
			names = append(names, s.Name)
		}
	}
	return names
}

// howToInstall returns the command that installs a server, for the systems that have
// it.
func howToInstall(system string, server *stacks.Server) string {
	if system != "linux" {
		return ""
	}
	return "; on Debian and Ubuntu: " + server.Install
}

// Try lets the program of a stack check its configuration, such as nginx -t, and
// returns what it prints. The error is ErrNotInstalled, or says that the program
// refuses the configuration.
func Try(ctx context.Context, r Request) (output string, err error) {
	server := r.Stack.Server
	if server == nil || server.Test == "" {
		return "", fmt.Errorf("--test works for %s", strings.Join(Tested(), ", "))
	}
	out, err := Folder(r, stacks.Addresses{Host: "127.0.0.1", Port: "8080", Upstream: "127.0.0.1:9000"})
	if err != nil {
		return "", err
	}
	if !installed(server) {
		return "", fmt.Errorf("%s is %w%s", server.Programs[0], ErrNotInstalled, howToInstall(runtime.GOOS, server))
	}
	dir, err := os.MkdirTemp("", "corsac-generate-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := Write(ctx, dir, out.Files, false); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, tryTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", filepath.Join(dir, "run.sh"), "--test") //nolint:gosec // a script of ours, in a folder of ours
	cmd.WaitDelay = time.Second
	text, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("%s refuses the configuration: %w", server.Programs[0], err)
	}
	return "tested was " + r.Stack.Title + " with these lines in a complete configuration of corsac, not yours:\n" + strings.ReplaceAll(string(text), dir, "."), err
}

// installed reports whether one of the programs and a shell to start it exist.
func installed(s *stacks.Server) bool {
	if _, err := exec.LookPath("sh"); err != nil {
		return false
	}
	for _, name := range s.Programs {
		for _, dir := range []string{"", "/usr/sbin/", "/usr/local/sbin/"} {
			if _, err := exec.LookPath(dir + name); err == nil {
				return true
			}
		}
	}
	return false
}
