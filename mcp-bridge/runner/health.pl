# Whether the runner program of this container answers: `health.pl`, with its MCP_RUNNER_SOCKET. It exits with 0 or 1
# in a few seconds at most, and leaves nothing behind. Every Debian has perl; Node would take ten times as long, again
# and again.
use strict;
use warnings;
use IO::Socket::UNIX;

# As packets.ts makes them: a length of nothing, and the kinds `health` and `healthy`.
my $question = pack 'NC', 0, 8;
my $answer = pack 'NC', 0, 17;

my $path = $ENV{MCP_RUNNER_SOCKET} // die "MCP_RUNNER_SOCKET is not set\n";
alarm 4;
my $socket = IO::Socket::UNIX->new(Peer => $path) or die "the runner at $path cannot be reached: $!\n";
print $socket $question;
$socket->flush;
read $socket, my $said, length $answer;
die "the runner at $path does not answer\n" unless defined $said && $said eq $answer;
