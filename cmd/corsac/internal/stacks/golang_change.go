package stacks

import "github.com/corsac-dev/corsac/cmd/corsac/internal/source"

func changeGo(t *source.Tree, stack string, w *Want) (*Change, error) { return nil, ErrNotHere }
