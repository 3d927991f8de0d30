package localca

import (
	"context"
	"errors"
	"os"
	"runtime"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/shell"
)

// Stores are the places in which a machine keeps whom it trusts: the system's store,
// and the databases of NSS, which Chromium and Firefox use on Linux. Elsewhere, both
// use the system's. The zero value is that of this machine and user.
type Stores struct {
	// Home is the home folder of the user. "" means that of the environment.
	Home string

	system   system // nil means that of this machine
	data     string // the folder for data of programs: "" means $XDG_DATA_HOME
	certutil string // "" means that in PATH
	noNSS    bool   // programs of this system do not use NSS
	sudoer   string // the user who has run the program with sudo
}

// Result is one store, and what was done to it.
type Result struct {
	// Store says whose it is: "system", "Chromium", "Firefox".
	Store string
	// Place is its file or folder.
	Place string
	// Trusted says whether it has the CA now.
	Trusted bool
	// Did says what was done, such as "added the CA". "" means nothing.
	Did string
	// Why says why it is not as it should be. "" means that it is, or that nothing
	// was to be done.
	Why string
	// Run are the command lines that do the rest, for the reader's shell, in order.
	Run []string
}

// SudoError is the error if somebody runs the program with sudo: the CA and the
// databases would be root's.
type SudoError struct{ User string }

// Error says what to do.
func (e *SudoError) Error() string {
	return "run it as " + e.User + ", without sudo: it shows the commands that need sudo"
}

// system is the store of a system.
type system interface {
	// place returns where the store keeps the CA.
	place(c *CA) string
	// trusts reports whether the system trusts the CA, as programs started from now
	// on see it.
	trusts(c *CA) bool
	// change adds or removes the CA.
	change(c *CA, add bool) error
	// commands returns what to run in place of change if the user may not do that,
	// and nil otherwise.
	commands(c *CA, add bool) [][]string
}

// filled returns the stores with the defaults of this machine.
func (s *Stores) filled() (*Stores, error) {
	filled := *s
	if filled.Home == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, err
		}
		filled.Home = home
		filled.data = os.Getenv("XDG_DATA_HOME")
		if os.Geteuid() == 0 && os.Getenv("SUDO_UID") != "0" {
			filled.sudoer = os.Getenv("SUDO_USER")
		}
	}
	if filled.system == nil {
		filled.system = thisSystem()
		filled.noNSS = runtime.GOOS == "darwin" || runtime.GOOS == "windows"
	}
	return &filled, nil
}

// Status says for each store whether it has the CA. It changes nothing.
func (s *Stores) Status(ctx context.Context, c *CA) ([]Result, error) {
	s, err := s.filled()
	if err != nil {
		return nil, err
	}
	results := []Result{{Store: "system", Place: s.system.place(c), Trusted: s.system.trusts(c)}}
	return append(results, s.nss(ctx, c, look)...), nil
}

// Install adds the CA to all stores that do not have it. The error is a [*SudoError],
// or the user has no home folder; what goes wrong in a store is in its result.
func (s *Stores) Install(ctx context.Context, c *CA) ([]Result, error) {
	return s.change(ctx, c, add)
}

// Uninstall removes the CA from all stores that have it. Its errors are those of
// [Stores.Install].
func (s *Stores) Uninstall(ctx context.Context, c *CA) ([]Result, error) {
	return s.change(ctx, c, remove)
}

// task is what to do to a store.
type task int

const (
	look task = iota
	add
	remove
)

// did says what was done.
func (t task) did() string {
	if t == add {
		return "added the CA"
	}
	return "removed the CA"
}

func (s *Stores) change(ctx context.Context, c *CA, t task) ([]Result, error) {
	s, err := s.filled()
	if err != nil {
		return nil, err
	}
	if s.sudoer != "" {
		return nil, &SudoError{s.sudoer}
	}
	return append([]Result{s.changeSystem(c, t)}, s.nss(ctx, c, t)...), nil
}

// changeSystem adds the CA to the system's store, or removes it.
func (s *Stores) changeSystem(c *CA, t task) Result {
	r := Result{Store: "system", Place: s.system.place(c), Trusted: s.system.trusts(c)}
	if r.Trusted == (t == add) {
		return r
	}
	if commands := s.system.commands(c, t == add); commands != nil {
		r.Why, r.Run = "only root may change it", lines(commands)
		return r
	}
	err := s.system.change(c, t == add)
	r.Trusted = s.system.trusts(c)
	switch {
	case err != nil:
		r.Why = err.Error()
	case r.Trusted != (t == add):
		r.Why = "the system does not show the change"
	default:
		r.Did = t.did()
	}
	return r
}

// lines quotes commands for the reader's shell.
func lines(commands [][]string) (quoted []string) {
	for _, c := range commands {
		quoted = append(quoted, shell.Command(c))
	}
	return quoted
}

// errUnsupported is the error of systems whose store corsac does not know.
var errUnsupported = errors.New("corsac does not know the store of this system; give the file of the CA to the programs that need it")
