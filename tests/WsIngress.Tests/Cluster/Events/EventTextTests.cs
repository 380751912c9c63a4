using System.Text;
using WsIngress.Cluster.Events;
using Xunit;

namespace WsIngress.Tests.Cluster.Events;

public sealed class EventTextTests
{
    [Theory]
    [InlineData("x", 1024, 1024, false)]
    [InlineData("x", 1025, 1024, true)]
    [InlineData("é", 512, 1024, false)]
    [InlineData("é", 513, 1023, true)]
    [InlineData("😀", 300, 1023, true)]
    public void A_note_is_cut_between_characters(string character, int times, int bytes, bool isCut)
    {
        var note = EventText.Note(string.Concat(Enumerable.Repeat(character, times)));
        Assert.InRange(Encoding.UTF8.GetByteCount(note), bytes - 4, Math.Min(bytes, EventText.MostNoteBytes));
        Assert.Equal(isCut, note.EndsWith('…'));
        Assert.DoesNotContain("\uFFFD", Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(note)));
    }

    [Fact]
    public void A_name_is_the_same_for_the_same_and_valid_for_the_longest()
    {
        var about = new EventSubject("networking.k8s.io/v1", "Ingress", "default", new string('a', 199) + "." + new string('b', 53), "uid", "7");
        var name = EventText.Name(about, "Conflict", "note", "");
        Assert.Equal(name, EventText.Name(about with { ResourceVersion = "8" }, "Conflict", "note", ""));
        Assert.NotEqual(name, EventText.Name(about with { Uid = "other" }, "Conflict", "note", ""));
        Assert.NotEqual(name, EventText.Name(about, "Conflict", "note", "pod-1"));
        Assert.InRange(name.Length, 1, 253);
        Assert.DoesNotContain("..", name);
    }

    [Theory]
    [InlineData("wsingress.io/ingress-controller", "wsingress.io/ingress-controller")]
    [InlineData("example.com/teams/edge", "example.com/teams.edge")]
    public void A_controller_has_one_slash(string name, string expected) => Assert.Equal(expected, EventText.Controller(name));
}
