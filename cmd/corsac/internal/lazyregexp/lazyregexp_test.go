package lazyregexp_test

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/lazyregexp"
)

func TestRegexp(t *testing.T) {
	made := 0
	r := lazyregexp.Of(func() string {
		made++
		return `^a(b+)$`
	})
	if !r.MatchString("abb") || r.FindStringSubmatch("abb")[1] != "bb" || r.Get().String() != `^a(b+)$` || made != 1 {
		t.Errorf("made %d times", made)
	}
}

// TestMistake checks that tests find an invalid expression that nothing uses.
func TestMistake(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	lazyregexp.New("(")
}
