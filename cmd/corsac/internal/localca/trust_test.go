package localca

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// fakeSystem is a store of a system in memory.
type fakeSystem struct {
	has    bool
	fail   error
	idle   bool // it does nothing
	manual [][]string
	did    int
}

func (f *fakeSystem) place(*CA) string { return "the store" }
func (f *fakeSystem) trusts(*CA) bool  { return f.has }
func (f *fakeSystem) change(_ *CA, add bool) error {
	f.did++
	f.has = f.has != f.idle && f.has || add && !f.idle && f.fail == nil
	if !add && !f.idle {
		f.has = false
	}
	return f.fail
}

func (f *fakeSystem) commands(_ *CA, add bool) [][]string {
	if f.manual == nil {
		return nil
	}
	return append(f.manual, []string{fmt.Sprint(add)})
}

// TestSystem checks what is said about the system's store.
func TestSystem(t *testing.T) {
	c := open(t)
	for _, test := range []struct {
		name   string
		system fakeSystem
		add    bool
		want   Result
		did    int
	}{
		{"added", fakeSystem{}, true, Result{Trusted: true, Did: "added the CA"}, 1},
		{"was there", fakeSystem{has: true}, true, Result{Trusted: true}, 0},
		{"removed", fakeSystem{has: true}, false, Result{Did: "removed the CA"}, 1},
		{"was not there", fakeSystem{}, false, Result{}, 0},
		{"no rights", fakeSystem{manual: [][]string{{"sudo", "a b"}}}, true, Result{Why: "only root may change it", Run: []string{"sudo 'a b'", "true"}}, 0},
		{"no rights, was there", fakeSystem{has: true, manual: [][]string{{"sudo"}}}, true, Result{Trusted: true}, 0},
		{"failed", fakeSystem{fail: errors.New("full")}, true, Result{Why: "full"}, 1},
		{"no effect", fakeSystem{idle: true}, true, Result{Why: "the system does not show the change"}, 1},
	} {
		if runtime.GOOS == "windows" && test.name == "no rights" {
			continue // quotes of another shell
		}
		stores := &Stores{Home: t.TempDir(), system: &test.system, noNSS: true}
		do := stores.Uninstall
		if test.add {
			do = stores.Install
		}
		results, err := do(t.Context(), c)
		test.want.Store, test.want.Place = "system", "the store"
		if err != nil || len(results) != 1 || !reflect.DeepEqual(results[0], test.want) || test.system.did != test.did {
			t.Errorf("%s: %+v, %v, %d changes; want %+v, %d", test.name, results, err, test.system.did, test.want, test.did)
		}
	}
}

// TestSudo checks that the CA of root is not installed by mistake.
func TestSudo(t *testing.T) {
	stores := &Stores{Home: t.TempDir(), system: &fakeSystem{}, noNSS: true, sudoer: "ann"}
	var sudo *SudoError
	if results, err := stores.Install(t.Context(), open(t)); !errors.As(err, &sudo) || !strings.Contains(err.Error(), "run it as ann") {
		t.Errorf("%v, %v", results, err)
	}
}
