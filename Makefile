# The commands of this project. CI runs `make check`.

# Tools have fixed versions and come through the module proxy, so there is nothing
# to install by hand and every machine uses the same ones.
SQLC := CGO_ENABLED=0 go run github.com/sqlc-dev/sqlc/cmd/sqlc@v1.31.1
SOAK := 10m
STATICCHECK := go run honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: packages mutants power soak night attack run build test race check lint generate golden picture page-picture load chaos bench charts interop

# run and build compile with the same flags, so each uses what the other has compiled.
STATIC := CGO_ENABLED=0

run: ## start a server on localhost:2222
	$(STATIC) go run -trimpath ./cmd/confab serve

build: ## the static binary
	$(STATIC) go build -trimpath -o confab ./cmd/confab

test:
	go test ./...

# SQLite is C translated to Go. The race detector makes it five to seven times slower
# and can find nothing there, so it is left out. Everything else is checked, including
# the driver.
race: ## all tests under the race detector
	go test -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false -timeout 30m ./...

check: ## everything that a change must pass before it lands
	bash .ci/run

packages: ## build the deb, the rpm and the apk, and try them in a new Debian (as root)
	packaging/check.sh

mutants: ## put faults into copies of the code, and fail if the tests do not notice one; 10 minutes
	go run ./cmd/confab-mutants

power: ## cut the power of a database 2,000 times, and 2,000 times while it is upgraded
	CONFAB_POWER_CUTS=2000 go test ./db/sqlite ./db/sqlite/disktest -run PowerCut -count=1 -timeout 2h -v

soak: ## use a server as a team does for 10 minutes, and look for what grows; SOAK=2h for longer
	go run ./cmd/confab-load --soak $(SOAK)

night: packages mutants power soak ## what takes too long for each change: the packages, the mutants, the power cuts, the long use

interop: ## copy files to and from a server with the third-party clients that are installed
	bash .ci/interop

lint:
	test -z "$$(gofmt -l .)"
	go vet ./...
	$(STATICCHECK) ./...

generate: ## the typed queries of db/sqlite and db/postgres
	$(SQLC) generate

golden: ## accept the screens as they are drawn now; look at the diff
	go test ./tui ./tui/join -run Golden -update

picture: ## the pictures in the docs and docs/session.cast, from real screens
	go run ./cmd/confab-picture docs

page-picture: ## docs/page.png, the page for newcomers; needs chromium
	bash .ci/page-picture docs/page.png

load: ## 200 sessions, 2,000 deliveries a second
	go run ./cmd/confab-load

chaos: ## kill the server 200 times under load, cut it off from its database, and fill its disk (as root)
	go run ./cmd/confab-load --chaos --rounds 200
	go run ./cmd/confab-load --cluster --rounds 20
	go run ./cmd/confab-load --cluster --bus nats --rounds 20
	for wrong in third twice reversed; do go run ./cmd/confab-load --cluster --mangle $$wrong --rounds 5 || exit; done
	go run ./cmd/confab-load --disk-full

attack: ## attack a server in all known ways, into docs/security.md; 10 minutes on an idle machine
	go run ./cmd/confab-bench attack docs/security.md

bench: ## measure all figures that have goals, into docs/performance.md; about half an hour on an idle machine
	go run ./cmd/confab-bench table docs/performance.md

charts: ## the charts of docs/performance.md; 5 minutes
	go run ./cmd/confab-bench charts docs
