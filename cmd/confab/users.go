package main

import (
	"context"

	"confab/app"
)

type usersCmd struct {
	Add usersAddCmd `cmd:"" help:"Make an account with the keys that open it."`
}

type usersAddCmd struct {
	dataFlag

	Bot  bool   `help:"It is a program: shown as such, and nobody waits for it to read anything."`
	Name string `arg:"" help:"Handle of the account: lower-case letters, digits, _ - and ., beginning with a letter."`
	File string `arg:"" optional:"" help:"A .pub or an authorized_keys file; standard input if it is - or missing." type:"path"`
}

func (c *usersAddCmd) Run(ctx context.Context, out streams) error {
	if c.Bot {
		return c.addKeys(ctx, out, c.Name, c.File, (*app.Service).AddBot)
	}
	return c.addKeys(ctx, out, c.Name, c.File, (*app.Service).AddKeys)
}
