"""The study of explanations in words: ECEM's clips, what nothing at all scores on them, and what says why.

`plan` names the arms, `writers` write their sentences, `scoring` scores sentences against references, `rows`
measures what is done, `removal` takes causes away, `tables` shows it. Nothing of ECEM's text is committed,
nor anything that was fitted to it.
"""
