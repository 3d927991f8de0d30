package finding_test

import (
	"reflect"
	"testing"

	"github.com/corsac-dev/corsac/cmd/corsac/internal/finding"
)

func TestParts(t *testing.T) {
	t.Parallel()
	code := "location / {\n    add_header A b always;\n\n}"
	for _, tt := range []struct {
		text string
		want []finding.Part
	}{
		{"", nil},
		{"Add it.", []finding.Part{{"Add it.", false}}},
		{"One.\n\nTwo.", []finding.Part{{"One.", false}, {"Two.", false}}},
		{"Add:\n\n" + finding.Code(code) + "\n\nThen reload.", []finding.Part{{"Add:", false}, {code, true}, {"Then reload.", false}}},
		{finding.Code(code), []finding.Part{{code, true}}},
		{finding.Code("a") + "\nand\n" + finding.Code("b"), []finding.Part{{"a", true}, {"and", false}, {"b", true}}},
	} {
		if got := finding.Parts(tt.text); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Parts(%q) = %+v, want %+v", tt.text, got, tt.want)
		}
	}
}
