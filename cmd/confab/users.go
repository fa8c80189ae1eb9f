package main

type usersCmd struct {
	Export usersExportCmd `cmd:"" help:"Write an account's own data as JSON."`
	Delete usersDeleteCmd `cmd:"" help:"Take an account away; its connections end at once."`
}

// userArg is the account that a command is about.
type userArg struct {
	Name string `arg:"" help:"Handle of the account."`
}
