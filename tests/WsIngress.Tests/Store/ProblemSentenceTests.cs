using WsIngress.Store;
using WsIngress.Translation;
using Xunit;

namespace WsIngress.Tests.Store;

public sealed class ProblemSentenceTests
{
    private static readonly ObjectReference Ingress = new("Ingress", "default", "one");

    [Fact]
    public void A_wrong_value_is_told_with_what_is_allowed() => Assert.Equal(
        "no such pathType (found 'Prefixed'; allowed: Exact or Prefix)",
        ProblemSentence.Text(new Problem(Ingress, ProblemReason.InvalidField, "pathType", "Prefixed", "Exact or Prefix", "no such pathType")));

    [Fact]
    public void What_the_message_allows_already_is_not_told_twice() => Assert.Equal(
        "the value has no unit; allowed: a duration (found '10')",
        ProblemSentence.Text(new Problem(Ingress, ProblemReason.InvalidAnnotation, "a", "10", "a duration", "the value has no unit; allowed: a duration")));

    [Theory]
    [InlineData(ProblemReason.SecretInvalid)]
    [InlineData(ProblemReason.CertificateInvalid)]
    [InlineData(ProblemReason.Unparsable)]
    public void A_value_that_may_be_secret_is_never_told(ProblemReason reason) => Assert.Equal(
        "cannot be used",
        ProblemSentence.Text(new Problem(Ingress, reason, "data", "private", "a key", "cannot be used")));

    [Fact]
    public void A_problem_of_a_whole_file_names_the_document() => Assert.Equal(
        "document",
        ProblemSentence.Field(new Problem(new("File", "", "a.yaml"), ProblemReason.Unparsable, "", "", "", "is no valid YAML")));
}
