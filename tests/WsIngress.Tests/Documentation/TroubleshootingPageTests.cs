using WsIngress.Proxy.Telemetry;
using WsIngress.Relay;
using WsIngress.Telemetry;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Documentation;

/// <summary>The page explains every member of the closed lists and no word besides. The checks of the chart take the words of alerts from here.</summary>
public sealed class TroubleshootingPageTests
{
    private readonly Page _page = new("troubleshooting.md");

    [Fact]
    public void Every_outcome_of_a_socket()
    {
        const string Heading = "## Why did my socket end";
        var explained = _page.Rows(Heading).Select(row => row[0].Trim('`'));
        var more = Page.Quoted(Assert.Single(_page.Section(Heading).Split("\n\n"), p => p.Contains("The list is closed", StringComparison.Ordinal)));

        Assert.Equal(RelayOutcomes.All.Select(RelayOutcomes.Word).Order(), explained.Concat(more).Order());
    }

    [Fact]
    public void Every_reason_of_a_refused_handshake() => Assert.Equal(
        Enum.GetValues<HandshakeRefusal>().Where(r => r != HandshakeRefusal.None).Select(r => Words.Kebab(r.ToString())).Order(),
        _page.Rows("## Why was a handshake refused").Select(row => row[0].Trim('`')).Order());

    [Fact]
    public void Every_reason_of_a_problem() => Assert.Equal(
        Enum.GetNames<ProblemReason>().Order(),
        _page.Rows("## Problem reasons").SelectMany(row => Page.Quoted(row[0])).Order());
}
