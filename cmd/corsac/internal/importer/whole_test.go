package importer

import (
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/stacks"
)

// TestWhole checks that an import is whole only if no policy allows more than what
// is there.
func TestWhole(t *testing.T) {
	for kind, want := range map[stacks.RemarkKind]bool{stacks.Differs: true, stacks.Wider: false, stacks.Dynamic: false, stacks.Lost: false} {
		im := &Import{Policies: []*Policy{{Remarks: []Remark{{Kind: kind}}}}}
		if im.Whole(false) != want || (&Import{Remarks: []Remark{{Kind: kind}}}).Whole(false) != want {
			t.Errorf("%s: %v", kind, !want)
		}
	}
}
