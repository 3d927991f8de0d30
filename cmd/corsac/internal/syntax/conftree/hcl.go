package conftree

func readHCL(text string) *Document { return failed(0, "") }
